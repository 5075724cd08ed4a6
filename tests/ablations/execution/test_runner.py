"""The parent's loop: everything is entered, and whatever breaks it, no trial is left behind."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ablations.execution.runner import run_trials
from ablations.executors.executor import Executor
from ablations.executors.processes import Processes
from ablations.search.ledger import Ledger
from ablations.workspace.trial_record import read_trial_record
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import Finished
from gan_core.machine.versions import code_digest
from gan_core.training import checkpoint
from gan_core.workers.job import STOPPED, Job, Report
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_trials
from tests.ablations.trials_of_arms import trials_under


class Listener:
    """A tracker that remembers, and breaks at the `breaks_at`-th word."""

    def __init__(self, breaks_at: int = 0) -> None:
        self.notified: list[tuple[str, bool]] = []
        self.breaks_at = breaks_at

    def notify(self, trial: Trial, ended: bool = False) -> None:
        self.notified.append((trial.name, ended))
        if len(self.notified) == self.breaks_at:
            raise RuntimeError("the tracker broke")

    def lost(self, trial: Trial) -> None:
        self.died = trial.name


class Script:
    """An executor that tells of each job what the test wrote for it."""

    def __init__(self, lines: Callable[[Job], Iterator[Report]]) -> None:
        self.lines, self.closed = lines, False

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        try:
            for job in jobs:
                yield from self.lines(job)
        finally:
            self.closed = True


def ledger_of(trials: tuple[Trial, ...], root: Path) -> Ledger:
    return Ledger(
        f"sqlite:///{root / 'optuna.db'}", "tiny", trials, {t.name: journal.read(t.directory) for t in trials}
    )


def run(trials: tuple[Trial, ...], executor: Executor, tracker: Listener, root: Path) -> list[Report]:
    return list(run_trials(ledger_of(trials, root), executor, tracker, root / "home", lambda: False))


def test_each_report_is_entered_and_passed_on(tmp_path: Path) -> None:
    trials = trials_under(tmp_path, seeds=1)
    by_name = {trial.name: trial for trial in trials}

    def lines(job: Job) -> Iterator[Report]:
        trial = by_name[job.name]
        assert (job.settings, job.directory, job.home) == (trial.config.plain(), trial.directory, tmp_path / "home")
        assert read_trial_record(job.directory) == trial.record(code_digest())  # before anything trains there
        if trial.arm.is_baseline:
            yield from (Report(job.name, event) for event in story(trial, 7.0))
        else:
            yield Report(job.name, left="its process ended with exit code 1")

    tracker = Listener()
    reports = run(trials, Script(lines), tracker, tmp_path)
    first, second = trials
    count = len(list(story(first, 7.0)))
    assert [report.name for report in reports] == [first.name] * count + [second.name]
    assert tracker.notified == [*[(first.name, False)] * (count - 1), (first.name, True), (second.name, True)]
    again = [trial.name for trial in ledger_of(trials, tmp_path).next_trials()]
    assert again == [second.name, first.name]  # the second died, and the first's journal is not on disk


def test_a_stopped_trial_is_still_to_do(tmp_path: Path) -> None:
    trials = trials_under(tmp_path, seeds=1)
    run(trials[:1], Script(lambda job: iter([Report(job.name, left=STOPPED)])), Listener(), tmp_path)
    assert next(ledger_of(trials[:1], tmp_path).next_trials()) == trials[0]


def test_an_exception_closes_the_executor(tmp_path: Path) -> None:
    trials = trials_under(tmp_path, seeds=1)
    script = Script(lambda job: (Report(job.name, event) for event in story(trials[0], 7.0)))
    with pytest.raises(RuntimeError, match="the tracker broke") as caught:
        run(trials, script, Listener(breaks_at=3), tmp_path)
    assert script.closed
    assert caught.tb is not None  # while the traceback still holds the frames


def test_after_an_exception_in_the_parent_no_process_is_left_and_no_journal_is_torn(tmp_path: Path, home: Path) -> None:
    trials = tiny_trials(tmp_path)
    executor, ledger = Processes(2, ("cpu",), 1), ledger_of(trials, tmp_path)
    seen: list[Report] = []
    reports = run_trials(ledger, executor, Listener(breaks_at=12), home, lambda: False)
    with pytest.raises(RuntimeError, match="the tracker broke"):
        seen.extend(reports)
    assert len(seen) == 11
    (server,) = (p for p in psutil.Process().children() if any("forkserver" in word for word in p.cmdline()))
    assert server.children() == []
    for trial in trials:
        events = journal.read(trial.directory)
        told = [report.event for report in seen if report.name == trial.name]
        assert events[: len(told)] == told
        if events:  # the slower of the two may not have got so far as to tell anything
            assert not isinstance(events[-1], Finished)
            assert (trial.directory / checkpoint.NAME).exists()

    again = run_trials(ledger_of(trials, tmp_path), executor, Listener(), home, lambda: False)
    ends = [report.event.status for report in again if isinstance(report.event, Finished)]
    assert ends == ["finished", "finished"]


def test_the_first_that_starts_says_which_images(tmp_path: Path) -> None:
    """Two trials are begun before anybody knows; the one with other images ends, and later ones are held to them."""
    trials, handed, halted = trials_under(tmp_path, seeds=2), list[Job](), list[str]()
    first, second = f"{1:016x}", f"{2:016x}"

    class Cluster(Script):
        def __init__(self) -> None:
            super().__init__(lambda job: iter(()))

        def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
            handed.extend([next(jobs), next(jobs)])
            for job, digest in zip(tuple(handed), (first, second), strict=True):
                start = next(iter(story(named[job.name], 1.0)))
                journal.append(job.directory, start := start.model_copy(update={"data_digest": digest}))
                yield Report(job.name, start)
            yield Report(handed[1].name, left=STOPPED)
            handed.extend(jobs)

        def halt(self, name: str) -> None:
            halted.append(name)

        def close(self) -> None:
            pass

    named, digests = {trial.name: trial for trial in trials}, dict[Any, str]()
    ran = run_trials(
        ledger_of(trials, tmp_path),
        Cluster(),
        Listener(),
        tmp_path,
        lambda: False,
        digests,  # type: ignore[arg-type]
    )
    ends = [report for report in ran if isinstance(report.event, Finished)]
    assert [job.data_digest for job in handed] == [None, None, first, first]
    assert set(digests.values()) == {first}
    assert halted == [handed[1].name]
    (end,) = ends
    assert isinstance(end.event, Finished)
    assert (end.name, end.event.status) == (handed[1].name, "failed")
    assert f"{first} then, {second} now" in end.event.reason
