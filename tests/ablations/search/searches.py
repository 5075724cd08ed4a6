"""Search studies for tests, and an executor that makes up what their trials come to."""

import json
import math
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ablations.execution.floors import FloorWork
from ablations.execution.options import ExecutionOptions
from ablations.execution.session import Session, open_session
from ablations.executors.executor import Executor
from ablations.leaderboard import Table
from ablations.study.study import Study, load_study
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.events import AnyEvent, Started
from gan_core.workers.job import STOPPED, Job, Report
from tests.ablations.journals import SETTINGS, Status, story

TRICKS: dict[str, dict[str, Any]] = {
    "dropout": {"dropout": 0.3},
    "noise": {"instance_noise": {"sigma": 0.1}},
    "smooth": {"label_smoothing": 0.9},
}
SPACE: dict[str, Any] = {
    "lr_d": {"low": 1e-4, "high": 1e-2, "log": True},
    "beta2": {"low": 0.9, "high": 0.99, "step": 0.03},
    "optimizer_d": ["adam", "sgd"],
    "momentum": {"low": 0.1, "high": 0.9, "when": {"optimizer_d": "sgd"}},
    "instance_noise.sigma": {"low": 0.01, "high": 0.5},
}
EFFECTS = {"dropout": -0.4, "instance_noise": 0.2, "label_smoothing": -0.1}  # of log FID


def content_of(explore: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """A study file: six arms of the three tricks; the best two on three seeds."""
    return {
        "question": "q",
        "design": "search",
        "explore": {"arms": 6, **(explore or {})},
        "confirm": {"best": 2, "seeds": 3},
        "baseline": {**SETTINGS, "norm_d": "none"},
        "tricks": TRICKS,
        **parts,
    }


def write_search(folder: Path, explore: dict[str, Any] | None = None, **parts: Any) -> Path:
    """It as a file."""
    path = folder / "hunt.yaml"
    path.write_text(json.dumps(content_of(explore, **parts), indent=1))
    return path


def search_study(folder: Path, explore: dict[str, Any] | None = None, **parts: Any) -> Study:
    """It as it is resolved."""
    return load_study(write_search(folder, explore, **parts))


def made_up_fid(settings: dict[str, Any]) -> float:
    """What the tricks make of it, with the seed's noise."""
    noise = np.random.default_rng(settings["seed"]).normal(0, 0.02)
    return 30 * math.exp(sum(EFFECTS[name] for name in EFFECTS if name in settings) + noise)


class Trainer:
    """Writes and tells a made-up story of each job; one that is halted leaves at its next event."""

    def __init__(self, session: Session, status: Callable[[Trial], Status] = lambda trial: "finished") -> None:
        self.session, self.status = session, status
        self.halted: list[str] = []
        self.trained: list[str] = []

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        while not stop() and (job := next(jobs, None)) is not None:
            trial = next(trial for trial in self.session.trials if trial.name == job.name)
            self.trained.append(job.name)
            for event in map(self._on_the_images, self.events(trial)):
                journal.append(job.directory, event)
                yield Report(job.name, event)
                if job.name in self.halted:
                    yield Report(job.name, left=STOPPED)
                    break

    def _on_the_images(self, event: AnyEvent) -> AnyEvent:
        """The event with the digest of the study's images, where it has one."""
        if not isinstance(event, Started):
            return event
        return event.model_copy(update={"data_digest": next(iter(self.session.provision.digests.values()))})

    def events(self, trial: Trial) -> Iterator[AnyEvent]:
        return story(trial, made_up_fid(trial.config.plain()), self.status(trial))

    def halt(self, name: str) -> None:
        self.halted.append(name)

    def close(self) -> None:
        pass


class Tracker:
    """Remembers which trials it was told of."""

    notice = ""

    def __init__(self) -> None:
        self.admitted: list[str] = []
        self.ended: list[str] = []

    def begin(self, execution: Any) -> str:
        self.admitted += [trial.name for trial in execution.trials]
        return "parent"

    def start(self) -> None:
        return

    def admit(self, trial: Trial) -> None:
        self.admitted.append(trial.name)

    def notify(self, trial: Trial, ended: bool = False) -> None:
        assert trial.name in self.admitted
        if ended:
            self.ended.append(trial.name)

    def describe(self, workspace: Workspace) -> None:
        pass

    def attach(self, path: Path) -> None:
        return

    def close(self, timeout_s: float, outcome: str) -> str:
        return ""


class SearchSession(Session):
    """A session that trains nothing; storage, records and leaderboard are real."""

    trainer: Trainer | None = None
    tracker: Tracker
    kept: Any = None  # Optuna's storage in memory, which outlives a session: a file takes a second a trial

    @property
    def storage(self) -> Any:
        return self.kept

    def _tracker(self) -> Any:
        self.tracker = Tracker()
        return self.tracker

    def _executor(self) -> Executor:
        self.trainer = self.trainer or Trainer(self)
        return self.trainer

    def _floors(self) -> FloorWork:
        return FloorWork((), self.workspace.root, self.options.home, "cpu", self.warnings, here=True, requested=False)


def silent(text: str, share: float | None = None) -> None:
    """Nobody is told."""


def run_search(
    study: Study,
    runs: Path,
    home: Path,
    stop_after: int = 10**9,
    trainer: Callable[[Session], Trainer] | None = None,
    **options: Any,
) -> SearchSession:
    """One execution, stopped after so many reports; `ablations.session.Session` must be `SearchSession`."""
    told: list[Report] = []
    with open_session(study, runs, ExecutionOptions(home, **options)) as session:
        assert isinstance(session, SearchSession)
        if trainer is not None:
            session.trainer = trainer(session)
        for report in session.reports(lambda: len(told) >= stop_after, silent):
            told.append(report)
    return session


def table_of(session: Session) -> Table:
    """The one table of its leaderboard."""
    (table,) = session.outputs.leaderboard().tables
    return table
