"""Where a study with looks is said to stand, after each look and when it is resumed."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest

from ablations.execution.session import ExecutionOptions, open_session
from ablations.execution.standing import Standing
from ablations.workspace.looks_taken import read_looks_taken
from ablations.workspace.trials import trials_of
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.events import AnyEvent, Finished
from gan_core.workers.job import Job, Report
from tests.ablations.execution.test_session import FakedSession, FakeExecutor, FakeTracker, never, nothing
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_study

TRICKS = {"ttur": {"lr_d": 8e-4}, "half": {"dropout": 0.5}}
FIDS = {  # ttur halves the FID at once; of half nothing can be said for long
    "baseline": (10.0, 12.0, 11.0, 13.0, 10.5),
    "ttur": (2.0, 2.41, 2.2, 2.61, 2.1),
    "half": (8.9, 9.6, 10.45, 11.2, 9.0),
}


DID: list[Any] = []  # what the last tracker was asked to do


class Judged(FakeExecutor):
    """Has FIDS for scores, and remembers who was trained."""

    def __init__(self, trials: Iterator, status: object) -> None:  # type: ignore[type-arg]
        super().__init__(trials, status)  # type: ignore[arg-type]
        self.trained: list[str] = []

    def events(self, job: Job) -> Iterator[AnyEvent]:
        self.trained.append(job.name)
        trial = self.trials[job.name]
        return story(trial, FIDS[trial.arm.name][trial.seed], self.status(job))


class Admitting(FakeTracker):
    def admit(self, trial: object) -> None:
        self.did.append("admit")

    def stands(self, workspace: Workspace) -> None:
        self.did.append(("stands", len(read_looks_taken(workspace.root))))


def run(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int = 99
) -> tuple[list[Standing], Judged]:
    """Run the study, three looks, until this many trials have ended."""
    monkeypatch.setattr("ablations.execution.session.Session", FakedSession)
    study, ended = tiny_study(tmp_path, seeds={"looks": [3, 4, 5]}, tricks=TRICKS), list[str]()
    DID.clear()
    with open_session(study, tmp_path / "runs", ExecutionOptions(home)) as session:
        assert isinstance(session, FakedSession)
        session.tracker = Admitting()
        every = trials_of(study, session.workspace.root)
        session.executor = executor = Judged(iter(every), lambda job: "finished")
        told: list[Standing] = []
        session.tracker.did = DID

        def stop() -> bool:
            return len(ended) >= stop_after

        for report in session.reports(stop, nothing, told.append):
            if isinstance(report.event, Finished):
                ended.append(report.name)
    return told, executor


def test_each_trial_is_trained_once_and_entered_once(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, executor = run(tmp_path, home, monkeypatch)
    assert len(executor.trained) == len(set(executor.trained)) == 3 * 3 + 2 * 2
    assert [look.going_on for look in read_looks_taken(tmp_path / "runs" / "tiny")][:2] == [("baseline", "half")] * 2
    ledger = optuna.load_study(study_name="tiny", storage=f"sqlite:///{tmp_path}/runs/tiny/optuna.db")
    assert len(ledger.trials) == len(executor.trained)


def test_the_standing_is_told_after_each_look(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = run(tmp_path, home, monkeypatch)
    assert [standing.table.looks.taken for standing in told] == [1, 2, 3]
    first, second, last = (standing.next for standing in told)
    assert first is not None
    assert (first.number, first.seeds, first.arms, first.runs, first.lacks) == (2, 4, ("baseline", "half"), 2, 0)
    assert first.seconds is not None
    assert first.seconds > 0
    assert second is not None
    assert (second.number, second.seeds, second.runs) == (3, 5, 2)
    assert last is None
    effects = {effect.name: effect for effect in told[0].table.effects.effects}
    assert effects["ttur"].finding == "helps"
    assert effects["half"].judged.state == "open"


def test_the_tracker_is_told_after_each_look_that_goes_on(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, home, monkeypatch)
    assert [did for did in DID if did[0] == "stands"] == [("stands", 1), ("stands", 2)]
    assert DID.count(("attach", "looks.json", True)) == 3  # and at the end


def test_a_resumed_run_says_at_the_start_where_it_stands(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablations.execution.provision.refuse_other_images", lambda *_: None)  # made-up journals
    told, executor = run(tmp_path, home, monkeypatch, stop_after=10)
    assert [standing.table.looks.taken for standing in told] == [1]
    assert len(executor.trained) == 10
    told, executor = run(tmp_path, home, monkeypatch)
    assert [standing.table.looks.taken for standing in told] == [1, 2, 3]
    assert len(executor.trained) == 3
    coming = told[0].next
    assert coming is not None
    assert coming.runs == 1
    assert coming.seconds is not None  # from what runs took before: 12 s each
    assert 0 < coming.seconds <= 12


def test_one_look_alone_is_what_the_leaderboard_says(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablations.execution.session.Session", FakedSession)
    study = tiny_study(tmp_path, seeds=3, tricks=TRICKS)
    with open_session(study, tmp_path / "runs", ExecutionOptions(home)) as session:
        assert isinstance(session, FakedSession)
        session.tracker = Admitting()
        session.executor = Judged(iter(session.trials), lambda job: "finished")
        told: list[Standing] = []
        list(session.reports(never, nothing, told.append))
        assert session.outputs.leaderboard().tables[0].looks.taken == 1
    assert told == []


def test_a_look_is_told_after_the_reports_of_all_its_runs(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last run's end lies on the disk, where leaderboards are made from, before it is reported."""

    class Ahead(Judged):
        def run(self, jobs: Iterator[Job], stop: object) -> Generator[Report, None, None]:
            work = list(jobs)
            told = [(job, list(self.events(job))) for job in work]
            for job, events in told:
                for event in events:
                    journal.append(job.directory, event)
            for job, events in told:
                yield Report(job.name, events[0])
            for job, events in told:
                yield from (Report(job.name, event) for event in events[1:])
            self.closed = True

    monkeypatch.setattr("tests.ablations.execution.test_standing.Judged", Ahead)
    told, _ = run(tmp_path, home, monkeypatch)
    assert [standing.table.looks.taken for standing in told] == [1, 2, 3]
    assert [standing.next.runs for standing in told if standing.next is not None] == [2, 2]
