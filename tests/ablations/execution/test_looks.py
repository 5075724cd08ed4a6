"""A study that is judged while it runs: which trials its looks ask for."""

from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from ablations.execution.session import ExecutionOptions, open_session
from ablations.workspace.looks_taken import read_looks_taken
from ablations.workspace.trials import trials_of
from gan_core.events import AnyEvent, Finished
from gan_core.workers.job import Job
from tests.ablations.execution.test_session import FakedSession, FakeExecutor, FakeTracker, nothing
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_study

TRICKS = {"ttur": {"lr_d": 8e-4}, "half": {"dropout": 0.5}}
FIDS = {  # ttur halves the FID at once; of half nothing can be said for long
    "baseline": (10.0, 12.0, 11.0, 13.0, 10.5),
    "ttur": (2.0, 2.41, 2.2, 2.61, 2.1),
    "half": (8.9, 9.6, 10.45, 11.2, 9.0),
}


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


def run(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, stop_after: int = 99) -> Judged:
    """Run the study, three looks, until this many trials have ended."""
    monkeypatch.setattr("ablations.execution.session.Session", FakedSession)
    study, ended = tiny_study(tmp_path, seeds={"looks": [3, 4, 5]}, tricks=TRICKS), list[str]()
    with open_session(study, tmp_path / "runs", ExecutionOptions(home)) as session:
        assert isinstance(session, FakedSession)
        session.tracker = Admitting()
        every = trials_of(study, session.workspace.root)
        session.executor = executor = Judged(iter(every), lambda job: "finished")

        def stop() -> bool:
            return len(ended) >= stop_after

        for report in session.reports(stop, nothing):
            if isinstance(report.event, Finished):
                ended.append(report.name)
    return executor


def test_each_trial_is_trained_once_and_entered_once(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = run(tmp_path, home, monkeypatch)
    assert len(executor.trained) == len(set(executor.trained)) == 3 * 3 + 2 * 2
    assert [look.going_on for look in read_looks_taken(tmp_path / "runs" / "tiny")][:2] == [("baseline", "half")] * 2
    ledger = optuna.load_study(study_name="tiny", storage=f"sqlite:///{tmp_path}/runs/tiny/optuna.db")
    assert len(ledger.trials) == len(executor.trained)
