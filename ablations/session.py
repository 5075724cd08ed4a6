"""One execution of a study: what is to do, who does it, who is told; from the lock to the leaderboard."""

import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ablations.executors.inline import Inline
from ablations.executors.processes import Processes
from ablations.executors.report import Executor, Report
from ablations.floor_work import FloorWork
from ablations.leaderboard import Leaderboard, write_csv
from ablations.leaderboard.source import from_folders
from ablations.preparation import OnStep, prepare_data, prepare_weights
from ablations.progress import StudyProgress
from ablations.provenance import provenance_of
from ablations.resources import Resources, share
from ablations.reuse import DataDigests, Twin, reusable, take_over, told, twins_of
from ablations.runner import run_trials
from ablations.study import Study
from ablations.tracking.execution import Execution, Outcome
from ablations.tracking.offline import Offline
from ablations.tracking.state import is_study_shipped
from ablations.trials import Trial, progress_of, trials_of
from ablations.workspace import Workspace, open_workspace
from gan_core import journal
from gan_core.events import Finished
from gan_core.problems import UserError

if TYPE_CHECKING:
    from ablations.search import Ledger
    from ablations.tracking.mlflow import MlflowTracker

CLOSE_S = 60.0  # how long the end may wait for a tracker that does not answer


@dataclass(frozen=True)
class Options:
    """What a user says about an execution, apart from the study."""

    home: Path
    executor: Literal["processes", "inline"] = "processes"
    workers: int | None = None
    threads: int | None = None
    device: str | None = None
    tracking_uri: str | None = None  # None: SQLite in the study's directory
    storage: str | None = None  # None: SQLite in the study's directory
    inception_weights: Path | None = None  # a file; None: downloaded, where a trial asks for them
    command: Sequence[str] = ()
    floors: bool | None = None  # None: where they take seconds
    offline: bool = False  # whether the journals stay where they are, for `sync`
    system_metrics: bool = True  # whether trials note what they ask of the machine
    retrain: bool = False  # whether to train what another study has trained already


class Session:
    """An execution in a workspace that this process has locked. `reports` does the work."""

    def __init__(self, study: Study, workspace: Workspace, options: Options) -> None:
        self.study, self.workspace, self.options = study, workspace, options
        self.trials = trials_of(study, workspace.root)
        self.resources: Resources = share(len(self.trials), options.workers, options.threads, options.device)
        self.journals = {trial.name: journal.read(trial.directory) for trial in self.trials}
        self.progress = StudyProgress.of(self.trials, self.journals)
        self.tracking_uri = options.tracking_uri or f"sqlite:///{workspace.mlflow_db.absolute()}"
        self.reused: dict[str, Twin] = {}  # by trial: taken over in this execution
        self.offline = options.offline
        self.complaint = ""  # what the tracker could not do, for the user
        self.floors = self._floors()

    def to_do(self) -> list[Trial]:
        """The trials that have no result yet. Raises UserError where a folder belongs to other settings."""
        return [trial for trial in self.trials if progress_of(trial) not in ("finished", "diverged")]

    def needs_store(self) -> bool:
        """Whether `reports` will ask the tracking store for anything."""
        has_all = is_study_shipped(self.trials, self.workspace.root, self.tracking_uri)
        return not self.offline and (bool(self.to_do()) or not has_all)

    def reports(self, stop: Callable[[], bool], on_step: OnStep) -> Generator[Report, None, None]:
        """Train what is to do and tell of it; nothing is imported or opened where there is nothing to do.

        A generator: whatever ends it, the running trials save and end, and the leaderboard is written. Raises
        UserError before anything trains.
        """
        to_do = self.to_do()
        has_ledger = self.options.storage is not None or self.workspace.optuna_db.exists()
        if not to_do and not self.needs_store() and has_ledger:
            self.floors.start(on_step)
            self.floors.finish(on_step)
            self._write_leaderboard()
            return
        on_step("opening the ledger and the tracking store")
        ledger = self._ledger()
        executor = self._executor()  # its fork server gets ready while the rest is opened
        tracker = self._tracker()
        digests = prepare_data(to_do, self.options.home, on_step)
        self._take_over(to_do, digests, on_step)
        prepare_weights(to_do, self.options.home, self.options.inception_weights, on_step)
        tracker.begin(self._execution())
        tracker.start()
        self.floors.start(on_step)
        outcome: Outcome = "failed"
        try:
            metrics = self.options.system_metrics
            with closing(run_trials(ledger, executor, tracker, self.options.home, stop, metrics)) as reports:
                for report in reports:
                    self.progress.enter(report)
                    if isinstance(report.event, Finished):
                        self._write_leaderboard()
                    yield report
            outcome = "interrupted" if stop() else "finished"
        finally:
            self._end(tracker, outcome, on_step)

    def _take_over(self, to_do: Sequence[Trial], digests: DataDigests, on_step: OnStep) -> None:
        """Take over what other studies have trained; what has begun here goes on here."""
        new = [] if self.options.retrain else [trial for trial in to_do if not self.journals[trial.name]]
        self.reused = reusable(new, twins_of(new, self.workspace.root.parent), digests)
        if self.reused:
            on_step(f"{told(self.reused, len(self.trials))}; --retrain trains them again")
        taken = [trial for trial in new if trial.name in self.reused]
        for trial in taken:
            take_over(trial, self.reused[trial.name])
            self.journals[trial.name] = journal.read(trial.directory)
            self.progress.done.add(trial.name)

    def leaderboard(self) -> Leaderboard:
        """The arms as they stand now."""
        return from_folders([self.workspace.root]).leaderboard()

    def _end(self, tracker: "MlflowTracker | Offline", outcome: "Outcome", on_step: OnStep) -> None:
        """Whatever of this goes wrong, the tracker is closed."""
        try:
            if outcome == "finished":
                self.floors.finish(on_step)
            self.floors.stop()
            if not self.offline:
                on_step(f"sending the rest to MLflow, for at most {CLOSE_S:.0f} s")
            tracker.attach(self._write_leaderboard())
        finally:
            self.complaint = tracker.close(CLOSE_S, outcome)
        self._write_leaderboard()  # now with the ids of all runs

    def _write_leaderboard(self) -> Path:
        write_csv(self.leaderboard(), self.workspace.leaderboard_csv)
        return self.workspace.leaderboard_csv

    def _ledger(self) -> "Ledger":
        from ablations.search import Ledger

        storage = self.options.storage or f"sqlite:///{self.workspace.optuna_db.absolute()}"
        return Ledger(storage, self.study.name, self.trials, self.journals)

    def _tracker(self) -> "MlflowTracker | Offline":
        if self.offline:
            return Offline()
        from ablations.tracking.mlflow import MlflowTracker

        embedded = None if self.options.tracking_uri else self.workspace.mlartifacts
        return MlflowTracker(self.tracking_uri, self.study.name, embedded)

    def _executor(self) -> Executor:
        resources = self.resources
        if self.options.executor == "inline":
            return Inline(resources.devices[0], resources.threads)
        return Processes(resources.workers, resources.devices, resources.threads)

    def _floors(self) -> FloorWork:
        here = self.options.executor == "inline"
        configs = [arm.config for arm in self.study.arms]
        device = self.resources.devices[0]
        asked = self.options.floors
        return FloorWork(configs, self.workspace.root, self.options.home, device, here=here, asked=asked)

    def _execution(self) -> Execution:
        return Execution(
            study=self.study.name,
            design=self.study.design,
            directory=self.workspace.root,
            trials=self.trials,
            study_file=self.study.path,
            provenance=provenance_of(Path(__file__).parent, self.options.command),
        )


@contextmanager
def open_session(study: Study, runs: Path, options: Options) -> Iterator[Session]:
    """An execution of the study, its directory locked for the body's time.

    Where a UserError ends the body before anything has trained, the folders that were made for it are removed.
    """
    root = runs / study.name
    made = [folder for folder in (root, *root.parents) if not folder.exists()]  # innermost first
    with open_workspace(study, runs) as workspace:
        try:
            yield Session(study, workspace, options)
        except UserError:
            if root in made and not workspace.has_results():
                shutil.rmtree(root)
                for folder in made[1:]:
                    with suppress(OSError):  # somebody uses it by now
                        folder.rmdir()
            raise
