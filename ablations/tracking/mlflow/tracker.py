"""Ships journals to MLflow from a thread of its own: training neither waits for it nor hears of its troubles."""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mlflow.exceptions import MlflowException

from ablations.addresses import without_password
from ablations.tracking.mlflow.attempts import Attempts, Job
from ablations.tracking.mlflow.execution_run import ExecutionRun, Executions, attach, settle
from ablations.tracking.mlflow.refresh import bring_up_to_date, with_looks, write_views
from ablations.tracking.mlflow.store import SHIP, Store, first_line, limits, open_store
from ablations.tracking.mlflow.trial_run import Origin, TrialRun
from ablations.tracking.params import trial_params
from ablations.tracking.run_status import INTERRUPTED
from ablations.tracking.state import WAY_ON, sync_command
from ablations.tracking.views.subject import subject_of
from ablations.workspace.cursor import is_settled
from ablations.workspace.execution_record import KILLED, Execution, Outcome, begin_record, end_record, forget_record
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace
from gan_core.problems import UserError

INTERVAL_S = 10.0  # a trial's journal is shipped at most this often, but at once when the trial has ended
PAUSE_S = 5.0  # after a failure
CLOSING_PAUSE_S = 2.0  # after a failure at the end
PATIENCE_S = 15.0  # at the end, without anything that could be sent
ENDS_S = 10.0  # of the time at the end, what is kept for the parent run, views and descriptions


class MlflowTracker:
    """One execution's way to MLflow: `begin`, `start`, `notify` as journals grow, `close`.

    The constructor opens the store (and migrates a new one: seconds). It raises UserError, within some 15 s, if the
    address is refused or nothing answers. `artifact_root`: for the files of an embedded store; None with a server.
    `root`: the study's folder, whose the experiment is.
    """

    def __init__(self, uri: str, experiment: str, artifact_root: Path | None, root: Path | None = None) -> None:
        self.store: Store = open_store(uri, experiment, artifact_root, root)
        self._parent: ExecutionRun | None = None
        self._runs: dict[str, TrialRun] = {}
        self._origin_of: Callable[[str], Origin]  # what a new run of this arm is given, from `begin` on
        self._shown: Job | None = None  # what people see, brought up to date when all is there
        self._begun: dict[str, None] = {}  # trials that this execution has heard of
        self._unsent: dict[str, None] = {}  # those of them whose end the store does not have
        self._final: set[str] = set()  # those of these that nobody adds to now
        self._earlier: dict[str, str] = {}  # by job: a trial that earlier executions have left
        self._lost: dict[str, None] = {}  # those whose process died
        self._jobs: dict[str, Job] = {}
        self._attempts = Attempts()
        self._due: dict[str, float] = {}  # job -> monotonic time, s; guarded by _changed, as is _closing
        self._closing = False
        self._give_up = 0.0  # monotonic time, s
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)

    @property
    def notice(self) -> str:
        """What the user is to know about whose the experiment is; '' for nothing."""
        return self.store.notice

    @property
    def problem(self) -> str:
        """Why something could not be sent so far; '' if nothing is wrong."""
        return self._attempts.problem

    @property
    def backlog(self) -> int:
        """How many trials have ended and are not wholly in the store."""
        return len(self._final)

    def begin(self, execution: Execution) -> str:
        """Make this execution's parent run and give its id. Raises UserError if the store does not take it."""
        folder = begin_record(execution)
        executions = Executions(self.store, execution.directory)
        (self._parent,) = (run for run in executions.runs if run.folder == folder)
        try:
            with limits(SHIP):
                write_views(self.store, subject_of(execution.study, execution.trials))
                run_id = self._parent.run_id()
                executions.end_forsaken(run_id)
        except (MlflowException, OSError) as error:
            forget_record(folder)
            where = without_password(self.store.uri)
            raise UserError(
                f"MLflow at {where} does not take runs: {WAY_ON} ({first_line(error, self.store.uri)})"
            ) from error
        params = trial_params(execution.trials)
        self._origin_of = with_looks(executions.origin, execution.arms)
        self._runs = {
            t.name: TrialRun(self.store, t, params[t.name], self._origin_of(t.arm.name)) for t in execution.trials
        }
        self._jobs = {name: partial(self._ship, name) for name in self._runs}
        for run in executions.runs:
            if not run.is_shipped() and run is not self._parent:
                self._add(f"execution {run.record.id}", run.ship)
        for name in (t.name for t in execution.trials if not is_settled(t.directory, self.store.uri)):
            self._earlier[job := f"before: {name}"] = name
            self._add(job, partial(self._settle, name, job, executions))
        return run_id

    def admit(self, trial: Trial) -> None:
        """One trial more than the execution began with, of a search."""
        run = TrialRun(self.store, trial, trial_params([trial])[trial.name], self._origin_of(trial.arm.name))
        with self._changed:
            self._runs[trial.name], self._jobs[trial.name] = run, partial(self._ship, trial.name)

    def start(self) -> None:
        """Ship in the background from now on."""
        self._thread.start()

    def notify(self, trial: Trial, ended: bool = False) -> None:
        """The trial's journal has grown; `ended`: for the last time. Costs microseconds."""
        now = time.monotonic()
        with self._changed:
            self._begun[trial.name] = self._unsent[trial.name] = None
            (self._final.add if ended else self._final.discard)(trial.name)
            self._due[trial.name] = now if ended else self._due.get(trial.name, now + INTERVAL_S)
            self._changed.notify()
        if ended:  # thousands may be waiting to be sent
            self._runs[trial.name].forget()

    def lost(self, trial: Trial) -> None:
        """The trial's process has died without a word."""
        with self._changed:
            self._lost[trial.name] = None

    def attach(self, path: Path) -> None:
        """Keep a file, such as the leaderboard, or a folder of files, with the parent run."""
        assert self._parent is not None
        parent = self._parent
        with self._changed:
            self._add(str(path), lambda: attach(self.store, parent, path))
            self._changed.notify()

    def stands(self, workspace: Workspace) -> None:
        """After a look, bring what people see of the study up to date, while it goes on."""
        with self._changed:
            self._add("where the study stands", partial(bring_up_to_date, self.store, workspace))
            self._changed.notify()

    def describe(self, workspace: Workspace) -> None:
        """At the end, bring what people see of the study up to date."""
        self._shown = partial(bring_up_to_date, self.store, workspace)

    def close(self, timeout_s: float, outcome: Outcome = "finished") -> str:
        """Ship what is left and end the parent run. '' or, if something could not be shipped, a message about it.

        Trials of this execution without an end are marked until they go on. What fails is tried again, until nothing
        has got through for `PATIENCE_S` or `timeout_s` are over.
        """
        assert self._parent is not None
        root = self._parent.folder.parents[1]
        with self._changed:
            end_record(self._parent.folder, outcome, self._lost)
            self._closing, self._give_up = True, time.monotonic() + timeout_s
            self._changed.notify()
        self._thread.join(timeout_s)
        why = self.problem or self._unfinished(timeout_s)
        where = without_password(self.store.uri)
        return f"not everything is in MLflow at {where} ({why}); to send the rest: {sync_command(root)}" if why else ""

    def _unfinished(self, timeout_s: float) -> str:
        """What there was no time for; '' for nothing."""
        if unsent := self._unsent.keys() | self._earlier.values():
            return f"{len(unsent)} of {len(self._runs)} trials are still to be sent"
        return f"not done within {timeout_s:g} s" if self._thread.is_alive() else ""

    def _add(self, name: str, job: Job) -> None:
        self._jobs[name] = job
        self._due[name] = time.monotonic()

    def _ship(self, name: str) -> None:
        is_final = name in self._final
        if name in self._lost:
            self._runs[name].conclude(KILLED)
        elif not (self._runs[name].ship(final=is_final) and is_final):
            return
        self._sent(name)

    def _conclude(self, name: str) -> None:
        self._runs[name].conclude(KILLED if name in self._lost else INTERRUPTED)
        self._sent(name)

    def _sent(self, name: str) -> None:
        self._runs[name].forget()
        with self._changed:
            if name not in self._due:  # it goes on
                self._unsent.pop(name, None)
                self._final.discard(name)

    def _settle(self, name: str, job: str, executions: Executions) -> None:
        """Send what earlier executions have left, and the outcome of a trial without an end, unless it goes on."""
        if name not in self._begun:
            settle(self._runs[name], executions)
            self._runs[name].forget()
        del self._earlier[job]

    def _work(self) -> None:
        with limits(SHIP):
            while not self._closing:
                names = self._wait()
                again = self._attempts.all_of({name: self._jobs[name] for name in names}, lambda name: self._closing)
                with self._changed:
                    for name in again:
                        self._due.setdefault(name, time.monotonic() + PAUSE_S)
            self._finish()

    def _wait(self) -> list[str]:
        """Sleep until something is due, and take it; nothing when closing."""
        with self._changed:
            while not self._closing:
                now = time.monotonic()
                names = [name for name, due in self._due.items() if due <= now]
                if names:
                    for name in names:
                        del self._due[name]
                    return names
                self._changed.wait(min(self._due.values()) - now if self._due else None)
            return []

    def _finish(self) -> None:
        """All that is left, then the ends; again and again as long as there is hope.

        Of thousands of trials that are left those go that there is time for; the ends come in any case.
        """
        assert self._parent is not None
        jobs = {name: self._jobs[name] for name in self._due if not self._is_of_trial(name)}
        jobs |= {name: partial(self._conclude, name) for name in self._unsent}
        jobs |= {name: self._jobs[name] for name in self._earlier}
        self._due.clear()
        jobs["end"] = self._parent.ship
        if self._shown is not None:
            jobs["views and descriptions"] = self._shown
        succeeded = time.monotonic()
        while jobs:
            left = self._attempts.all_of(jobs, self._is_too_late)
            now = time.monotonic()
            if len(left) < len(jobs):
                succeeded = now
            jobs = {name: jobs[name] for name in left if not self._is_too_late(name)}
            if jobs and now + CLOSING_PAUSE_S > min(self._give_up, succeeded + PATIENCE_S):
                return
            if jobs:
                time.sleep(CLOSING_PAUSE_S)

    def _is_of_trial(self, name: str) -> bool:
        return name in self._runs or name in self._earlier

    def _is_too_late(self, name: str) -> bool:
        return self._is_of_trial(name) and time.monotonic() > self._give_up - ENDS_S
