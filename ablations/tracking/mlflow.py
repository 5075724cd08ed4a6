"""Ships journals to MLflow from a thread of its own: training neither waits for it nor hears of its troubles."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from mlflow.exceptions import MlflowException

from ablations.tracking.cursor import without_password
from ablations.tracking.execution import Execution
from ablations.tracking.mlflow_execution import begin_execution, end_execution, provenance_tags
from ablations.tracking.mlflow_run import TrialRun
from ablations.tracking.mlflow_store import SHIP, Store, first_line, limits, open_store
from ablations.tracking.mlflow_ui import write_views
from ablations.tracking.params import trial_params
from ablations.trials import Trial
from gan_core.problems import UserError

Outcome = Literal["finished", "failed", "interrupted"]
STATUS: dict[Outcome, str] = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
INTERVAL_S = 2.0  # a trial's journal is shipped at most this often, but at once when the trial has ended
PAUSE_S = 10.0  # after a failure
HANGS_S = 1.0  # a failure that took so long means that the store is not there, for nobody


class MlflowTracker:
    """One execution's way to MLflow: `begin`, `start`, `notify` as journals grow, `close`.

    The constructor opens the store (and migrates a new one: seconds). It raises UserError, within some 15 s, if the
    address is refused or nothing answers. `artifact_root`: for the files of an embedded store; None with a server.
    """

    def __init__(self, uri: str, experiment: str, artifact_root: Path | None) -> None:
        self.store: Store = open_store(uri, experiment, artifact_root)
        self._parent = ""
        self._runs: dict[str, TrialRun] = {}
        self._tags: dict[str, str] = {}  # of every trial's run
        self._jobs: dict[str, Callable[[], object]] = {}
        self._failed: dict[str, str] = {}  # job -> why
        self._due: dict[str, float] = {}  # job -> monotonic time, s; guarded by _told, as is _closing
        self._closing: Outcome | None = None
        self._told = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)

    @property
    def problem(self) -> str:
        """Why something could not be sent so far; '' if nothing is wrong."""
        return next(iter(list(self._failed.values())), "")

    def begin(self, execution: Execution) -> str:
        """Make this execution's parent run and give its id. Raises UserError if the store does not take it."""
        try:
            with limits(SHIP):
                write_views(self.store)
                self._parent = begin_execution(self.store, execution)
        except MlflowException as error:
            raise UserError(f"MLflow at {without_password(self.store.uri)}: {first_line(error)}") from error
        self._tags = {
            **provenance_tags(execution.provenance),
            "mlflow.parentRunId": self._parent,
            "study": execution.study,
        }
        params = trial_params(execution.trials)
        self._runs = {t.name: TrialRun(self.store, t, params[t.name], self._tags) for t in execution.trials}
        self._jobs = {name: run.ship for name, run in self._runs.items()}
        return self._parent

    def admit(self, trial: Trial) -> None:
        """One trial more than the execution began with, of a search."""
        with self._told:
            run = TrialRun(self.store, trial, trial_params([trial])[trial.name], self._tags)
            self._runs[trial.name], self._jobs[trial.name] = run, run.ship

    def start(self) -> None:
        """Ship in the background from now on."""
        self._thread.start()

    def notify(self, trial: Trial, ended: bool = False) -> None:
        """The trial's journal has grown; `ended`: for the last time. Costs microseconds."""
        now = time.monotonic()
        with self._told:
            self._due[trial.name] = now if ended else self._due.get(trial.name, now + INTERVAL_S)
            self._told.notify()

    def attach(self, path: Path) -> None:
        """Keep a file, such as the leaderboard, with the parent run."""
        with self._told:
            self._jobs[str(path)] = partial(self.store.client.log_artifact, self._parent, str(path))
            self._due[str(path)] = time.monotonic()
            self._told.notify()

    def close(self, timeout_s: float, outcome: Outcome = "finished") -> str:
        """Ship what is left and end the parent run. '' or, if something could not be shipped, a message about it.

        Trials of this execution without an end are marked as killed until they go on.
        """
        with self._told:
            self._closing = outcome
            self._told.notify()
        self._thread.join(timeout_s)
        why = self.problem or (f"not done within {timeout_s:g} s" if self._thread.is_alive() else "")
        where = without_password(self.store.uri)
        return (
            f"not everything is in MLflow at {where} ({why}); the next run of the study sends the rest" if why else ""
        )

    def _work(self) -> None:
        with limits(SHIP):
            closing = None
            while closing is None:
                names, closing = self._wait()
                again = self._attempt({name: self._jobs[name] for name in names})
                with self._told:
                    self._due.update(dict.fromkeys(again, time.monotonic() + PAUSE_S))
            ends = {f"end of {name}": run.interrupt for name, run in self._runs.items()}
            self._attempt({**ends, "end": partial(end_execution, self.store, self._parent, STATUS[closing])})

    def _wait(self) -> tuple[list[str], Outcome | None]:
        """Sleep until something is due, and take it. Everything is due when closing."""
        with self._told:
            while True:
                now = time.monotonic()
                names = [name for name, due in self._due.items() if due <= now or self._closing]
                if names or self._closing:
                    self._due = {name: due for name, due in self._due.items() if name not in names}
                    return names, self._closing
                self._told.wait(min(self._due.values()) - now if self._due else None)

    def _attempt(self, jobs: Mapping[str, Callable[[], object]]) -> list[str]:
        """Do them in order. Gives those that failed; after one that hung, the others too, untried.

        Whatever goes wrong is noted and nothing more: the journal is on disk, and this is no reason to stop training.
        """
        names = list(jobs)
        failed: list[str] = []
        for position, name in enumerate(names):
            start = time.monotonic()
            try:
                jobs[name]()
                self._failed.pop(name, None)
            except Exception as error:
                self._failed[name] = first_line(error)
                if time.monotonic() - start > HANGS_S:
                    return failed + names[position:]
                failed.append(name)
        return failed
