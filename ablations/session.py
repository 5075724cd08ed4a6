"""One execution of a study: what is to do, who does it, who is told; from the lock to the leaderboard."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ablations.executors.inline import Inline
from ablations.executors.processes import Processes
from ablations.executors.report import Executor, Report
from ablations.leaderboard import Leaderboard, leaderboard_of, write_csv
from ablations.progress import StudyProgress
from ablations.provenance import provenance_of
from ablations.resources import Resources, share
from ablations.results import read_results
from ablations.runner import run_trials
from ablations.study import Study
from ablations.tracking.cursor import is_shipped
from ablations.tracking.execution import Execution
from ablations.trials import Trial, progress_of, trials_of
from ablations.workspace import Workspace
from gan_core import journal, training_data
from gan_core.datasets import ImageSet
from gan_core.events import Finished

CLOSE_S = 60.0  # how long the end may wait for a tracker that does not answer


class OnStep(Protocol):
    """Who is told what is being done, and, where that is known, how much of it is done already, 0 to 1."""

    def __call__(self, text: str, share: float | None = None) -> None: ...


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
    command: Sequence[str] = ()


class Session:
    """An execution in a workspace that this process has locked. `reports` does the work."""

    def __init__(self, study: Study, workspace: Workspace, options: Options) -> None:
        self.study, self.workspace, self.options = study, workspace, options
        self.trials = trials_of(study, workspace.root)
        self.resources: Resources = share(len(self.trials), options.workers, options.threads, options.device)
        self.journals = {trial.name: journal.read(trial.directory) for trial in self.trials}
        self.progress = StudyProgress.of(self.trials, self.journals)
        self.tracking_uri = options.tracking_uri or f"sqlite:///{workspace.mlflow_db.absolute()}"
        self.complaint = ""  # what the tracker could not do, for the user

    def to_do(self) -> list[Trial]:
        """The trials that have no result yet. Raises UserError where a folder belongs to other settings."""
        return [trial for trial in self.trials if progress_of(trial) not in ("finished", "diverged")]

    def reports(self, stop: Callable[[], bool], on_step: OnStep) -> Iterator[Report]:
        """Train what is to do and tell of it; nothing is imported or opened where there is nothing to do."""
        unshipped = [trial for trial in self.trials if not is_shipped(trial.directory, self.tracking_uri)]
        if not self.to_do() and not unshipped:
            self._write_leaderboard()
            return
        self._prepare_data(on_step)
        executor = self._executor()

        on_step("opening the tracking store and the ledger")
        from ablations.search import Ledger
        from ablations.tracking.mlflow import MlflowTracker

        storage = self.options.storage or f"sqlite:///{self.workspace.optuna_db.absolute()}"
        embedded = None if self.options.tracking_uri else self.workspace.mlartifacts
        tracker = MlflowTracker(self.tracking_uri, self.study.name, embedded)
        ledger = Ledger(storage, self.study.name, self.trials, self.journals)
        tracker.begin(self._execution())
        tracker.start()
        for trial in unshipped:
            tracker.notify(trial)
        outcome: Literal["finished", "failed", "interrupted"] = "failed"
        try:
            for report in run_trials(ledger, executor, tracker, self.options.home, stop):
                self.progress.enter(report)
                if isinstance(report.event, Finished):
                    self._write_leaderboard()
                yield report
            outcome = "interrupted" if stop() else "finished"
        finally:
            tracker.attach(self._write_leaderboard())
            on_step("sending the rest to MLflow")
            self.complaint = tracker.close(CLOSE_S, outcome)
            self._write_leaderboard()  # now with the ids of all runs

    def _prepare_data(self, on_step: OnStep) -> None:
        """Have all images ready, and right for every trial, before any is trained."""
        ready: dict[tuple[Hashable, ...], ImageSet] = {}
        for config in (trial.config for trial in self.trials):
            key = training_data.key(config)
            if key in ready:
                training_data.check(config, ready[key])
                continue
            name = config.data_dir or config.data
            on_step(f"data: {name}")

            def count(what: str, done: int, total: int, name: str = name) -> None:
                on_step(f"data: {name}: {what}", done / total if total else None)

            ready[key] = training_data.load(config, self.options.home, count)

    def leaderboard(self) -> Leaderboard:
        """The arms as they stand now."""
        return leaderboard_of(read_results(self.workspace.root))

    def _write_leaderboard(self) -> Path:
        write_csv(self.leaderboard(), self.workspace.leaderboard_csv)
        return self.workspace.leaderboard_csv

    def _executor(self) -> Executor:
        resources = self.resources
        if self.options.executor == "inline":
            return Inline(resources.devices[0], resources.threads)
        return Processes(resources.workers, resources.devices, resources.threads)

    def _execution(self) -> Execution:
        return Execution(
            study=self.study.name,
            design=self.study.design,
            directory=self.workspace.root,
            trials=self.trials,
            study_file=self.study.path,
            provenance=provenance_of(Path(__file__).parent, self.options.command),
        )
