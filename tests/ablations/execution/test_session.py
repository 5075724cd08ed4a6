"""One execution: the folders of one that never began, and what is closed when something breaks."""

import warnings
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from ablations.execution.floors import FloorWork
from ablations.execution.session import ExecutionOptions, Session, open_session
from ablations.executors.executor import Executor
from ablations.leaderboard import Leaderboard, csv_of
from ablations.leaderboard.source import ResultSource, from_folders
from ablations.study.study import Study
from ablations.terminal.execution_end import show_outcome
from ablations.workspace.execution_record import Execution
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.events import AnyEvent, Finished, Ticked
from gan_core.problems import UserError
from gan_core.workers.job import Job, Report
from tests.ablations.command import tree
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_study


class FakeTracker:
    """Remembers what it is asked to do."""

    notice = ""

    def __init__(self) -> None:
        self.did: list[Any] = []

    def begin(self, execution: Execution) -> str:
        self.did.append(("begin", execution.study))
        self.execution = execution
        return "parent"

    def start(self) -> None:
        self.did.append("start")

    def admit(self, trial: Trial) -> None:
        self.did.append(("admit", trial.name))

    def notify(self, trial: Trial, ended: bool = False) -> None:
        if ended:
            self.did.append(("ended", trial.name))

    def lost(self, trial: Trial) -> None:
        self.did.append(("lost", trial.name))

    def attach(self, path: Path) -> None:
        self.did.append(("attach", path.name, path.exists()))

    def describe(self, workspace: Workspace) -> None:
        self.did.append(("describe", workspace.root.name))

    def stands(self, workspace: Workspace) -> None:
        self.did.append(("stands", workspace.root.name))

    def close(self, timeout_s: float, outcome: str) -> str:
        self.did.append(("close", outcome))
        return "the store is slow"


class FakeExecutor:
    """Writes and tells a made-up story of each job."""

    def __init__(self, trials: Iterator[Trial], status: Callable[[Job], Any]) -> None:
        self.trials, self.status, self.closed = {t.name: t for t in trials}, status, False
        self.given_back = False

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        try:
            while not stop() and (job := next(jobs, None)) is not None:
                for event in self.events(job):
                    journal.append(job.directory, event)
                    yield Report(job.name, event)
        finally:
            self.closed = True

    def close(self) -> None:
        assert self.closed  # no trial runs any more
        self.given_back = True

    def events(self, job: Job) -> Iterator[AnyEvent]:
        return story(self.trials[job.name], 7.0 + self.trials[job.name].seed, self.status(job))


class FakedSession(Session):
    """A session whose tracker and executor are fakes; everything else is real."""

    tracker: FakeTracker
    executor: FakeExecutor

    def _tracker(self) -> Any:
        return self.tracker

    def _executor(self) -> Executor:
        return self.executor

    def _floors(self) -> FloorWork:
        return FloorWork((), self.workspace.root, self.options.home, "cpu", self.warnings, here=True, requested=False)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return tiny_study(tmp_path, seeds=2)


@pytest.fixture
def faked(study: Study, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakedSession]:
    monkeypatch.setattr("ablations.execution.session.Session", FakedSession)
    with open_session(study, tmp_path / "runs", ExecutionOptions(home)) as session:
        assert isinstance(session, FakedSession)
        session.tracker = FakeTracker()
        session.executor = FakeExecutor(iter(session.trials), lambda job: "finished")
        yield session


def never() -> bool:
    return False


def nothing(_: str) -> None:
    return


def test_to_the_end(faked: FakedSession) -> None:
    reports = list(faked.reports(never, nothing))
    names = [trial.name for trial in faked.trials]
    assert [report.name for report in reports if isinstance(report.event, Finished)] == names
    assert faked.tracker.did == [
        ("begin", "tiny"),
        "start",
        *(("ended", name) for name in names),
        ("attach", "leaderboard.csv", True),
        ("attach", "looks.json", True),
        ("describe", "tiny"),
        ("close", "finished"),
    ]
    assert faked.warnings == ["the store is slow"]
    assert not faked.has_sent_all
    assert faked.progress.is_done
    execution, places = faked.tracker.execution, faked.resources
    assert (execution.workers, execution.devices) == (places.workers, places.devices)


def test_the_leaderboard_is_computed_once_for_each_end_and_not_again(
    faked: FakedSession, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    computed = []
    compute = ResultSource.leaderboard

    def leaderboard(source: ResultSource) -> Leaderboard:
        computed.append(len(source.results))
        return compute(source)

    monkeypatch.setattr(ResultSource, "leaderboard", leaderboard)
    list(faked.reports(never, nothing))
    show_outcome(faked, stopped=False)
    # fewer where this machine is slow; once more with the look on record
    assert 1 <= len(computed) <= len(faked.trials) + 1
    assert computed[-1] == len(faked.trials)
    assert faked.workspace.leaderboard_csv.read_text() == csv_of(from_folders([faked.workspace.root]).leaderboard())


def test_a_failure_is_not_done(faked: FakedSession, capsys: pytest.CaptureFixture[str]) -> None:
    faked.executor.status = lambda job: "failed" if job.name == "ttur-seed0" else "diverged"
    list(faked.reports(never, nothing))
    assert not faked.progress.is_done
    assert len(faked.progress.done) == 3
    show_outcome(faked, stopped=False)
    shown = capsys.readouterr()
    assert "failed: ttur-seed0: because\nnot done: 1 of 4 trials are left; the same command goes on\n" in shown.out


def test_stopped(faked: FakedSession, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Report] = []
    for report in faked.reports(lambda: len(seen) > 5, nothing):
        seen.append(report)
    assert {report.name for report in seen} == {faked.trials[0].name}
    assert faked.tracker.did[-1] == ("close", "interrupted")
    show_outcome(faked, stopped=True)
    assert "stopped: 3 of 4 trials are left; the same command goes on" in capsys.readouterr().out


def test_an_exception_while_it_is_shown(faked: FakedSession) -> None:
    reports = faked.reports(never, nothing)
    next(report for report in reports if isinstance(report.event, Ticked))
    reports.close()
    assert faked.executor.given_back
    assert faked.tracker.did[-1] == ("close", "failed")


def test_an_exception_in_the_tracker(faked: FakedSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def notify(trial: Trial, ended: bool = False) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(faked.tracker, "notify", notify)
    with pytest.raises(RuntimeError, match="broken"):
        list(faked.reports(never, nothing))
    assert faked.executor.given_back
    assert faked.tracker.did[-1] == ("close", "failed")
    assert len(journal.read(faked.trials[0].directory)) == 1


def test_a_full_disk_at_the_end_still_closes_the_tracker(faked: FakedSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_csv(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ablations.execution.outputs.write_csv", write_csv)
    with pytest.raises(OSError, match="No space left"):
        list(faked.reports(never, nothing))
    assert faked.executor.given_back
    assert faked.tracker.did[-1] == ("close", "failed")


def test_a_study_that_never_began_leaves_no_folders(study: Study, tmp_path: Path, home: Path) -> None:
    before = tree(tmp_path)
    with pytest.raises(UserError), open_session(study, tmp_path / "deep" / "runs", ExecutionOptions(home, workers=0)):
        pass
    assert tree(tmp_path) == before


def test_a_study_that_began_keeps_what_it_has(study: Study, tmp_path: Path, home: Path) -> None:
    runs = tmp_path / "runs"
    with pytest.raises(UserError, match="late"), open_session(study, runs, ExecutionOptions(home)) as session:  # noqa: PT012
        trial = session.trials[0]
        trial.write_record()
        journal.append(trial.directory, next(story(trial, 7.0)))
        raise UserError("late")
    before = tree(runs)
    assert str(trial.directory.relative_to(runs) / journal.NAME) in before
    with pytest.raises(UserError), open_session(study, runs, ExecutionOptions(home, workers=0)):
        pass
    assert tree(runs) == before


def test_opening_the_ledger_warns_of_nothing(faked: FakedSession) -> None:
    with warnings.catch_warnings(action="error"):
        faked._ledger()
