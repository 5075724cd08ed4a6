"""One execution of a study: what is to do, who does it, who gets reports; from the lock to the leaderboard."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.execution.failures import FailureWatch
from ablations.execution.floors import FloorWork
from ablations.execution.ledgers import Ledgers
from ablations.execution.options import ExecutionOptions as ExecutionOptions
from ablations.execution.outputs import Outputs
from ablations.execution.places import elsewhere_of, resources_for
from ablations.execution.progress import OnStep, StudyProgress
from ablations.execution.provision import Provision
from ablations.execution.runner import run_trials
from ablations.execution.standing import OnLook, standing_of
from ablations.execution.time_budget import TimeBudget
from ablations.executors.choose import executor_of
from ablations.executors.elsewhere.away import bring_all_home
from ablations.executors.executor import Executor
from ablations.executors.names import ELSEWHERE
from ablations.results.journal_mending import mended_journals
from ablations.search.exploration import Exploration
from ablations.search.own_database import check_own_database
from ablations.search.recovery import restored_exploration
from ablations.study.study import Study
from ablations.tracking.state import is_study_shipped
from ablations.tracking.tracker import AnyTracker, tracker_of
from ablations.workspace.due_trials import due_trials
from ablations.workspace.ended_events import events_of
from ablations.workspace.execution_record import Execution, Outcome
from ablations.workspace.opening import leaving_no_traces, open_workspace
from ablations.workspace.restoring import restored_trials
from ablations.workspace.trials import Trial, progress_of, trials_of
from ablations.workspace.workspace import Workspace
from gan_core.events import RESULTS, Finished, has_result
from gan_core.machine.resources import Resources
from gan_core.workers.job import Report

if TYPE_CHECKING:
    from ablations.search.explorer import Explorer
    from ablations.search.ledger import Ledger

CLOSE_S = 60.0  # how long the end may wait for a tracker that does not answer


class Session:
    """An execution in a workspace that this process has locked. `reports` does the work."""

    def __init__(self, study: Study, workspace: Workspace, options: ExecutionOptions) -> None:
        self.study, self.workspace, self.options = study, workspace, options
        self.warnings = workspace.notice.splitlines()  # printed at the end; whoever has one appends it
        if study.search is not None:
            self.warnings += restored_exploration(study, workspace.root, self.storage)
        self.exploration = Exploration.of(study, workspace.root)
        self.warnings += restored_trials(self.exploration or ())
        bring_all_home(workspace.trials, ended=options.executor in ELSEWHERE)  # what a killed parent has left elsewhere
        self.warnings += mended_journals(workspace, self.exploration or trials_of(study, workspace.root))
        self.outputs = Outputs(workspace, options.report, self.warnings)
        if study.looks.stop == "decided":
            self.outputs.take_looks()  # of one that was killed between the last run of a look and the look itself
        self.is_elsewhere = options.executor in ELSEWHERE
        self.elsewhere = elsewhere_of(study.name, workspace.root, options)
        self.resources: Resources = resources_for(study, options, self.elsewhere, self._has_trials_to_train())
        self.time = TimeBudget(study, workspace.root, self.resources, options)
        self.trials = self.time.admitted([*(self.exploration or due_trials(study, workspace.root))])
        self.journals = {trial.name: events_of(trial.directory) for trial in self.trials}
        self.progress = StudyProgress.of(self.trials, self.journals)
        self.progress.to_come = self.exploration.trials_to_come if self.exploration else 0
        exchange = self.elsewhere.exchange
        self.provision = Provision(workspace, options, self.trials, self.journals, self.progress, exchange)
        self.tracking_uri = options.tracking_uri or workspace.mlflow_uri
        self.offline = options.offline
        if not self.offline:
            check_own_database(self.storage, self.tracking_uri)
        is_shared = options.storage not in (None, workspace.optuna_uri)
        self.ledgers = Ledgers(self.storage, is_shared, workspace.root, self.warnings)
        self.has_sent_all = True  # whether the tracking store has all that it was to get
        self.failures = FailureWatch(options.max_failures)
        self.floors = self._floors()
        self.began = time.time()
        self._looks_told = 0

    @property
    def storage(self) -> str:
        """Where Optuna keeps its ledgers."""
        return self.options.storage or self.workspace.optuna_uri

    def _has_trials_to_train(self) -> bool:
        """Whether there are any, before it is known which of them there is time for."""
        search = self.exploration
        due = search or due_trials(self.study, self.workspace.root)
        return bool(search and search.trials_to_come) or any(progress_of(trial) not in RESULTS for trial in due)

    def to_do(self) -> list[Trial]:
        """The trials that have no result yet. Raises UserError where a folder belongs to other settings."""
        return [trial for trial in self.trials if progress_of(trial) not in RESULTS]

    def needs_store(self) -> bool:
        """Whether `reports` will need the tracking store."""
        has_all = is_study_shipped(self.trials, self.workspace.root, self.tracking_uri)
        to_train = bool(self.to_do()) or bool(self.progress.to_come)
        return not self.offline and (to_train or not has_all)

    def reports(
        self, stop: Callable[[], bool], on_step: OnStep, on_look: OnLook | None = None
    ) -> Generator[Report, None, None]:
        """Train what is to do and report it; nothing is imported or opened where there is nothing to do.

        A generator: whatever ends it, the running trials save and end, and the leaderboard is written. `on_look` is
        told where the study stands, after each look and at the start where looks were taken before. Raises UserError
        before anything trains.
        """
        stop = self._stopping(stop)
        to_do = self.to_do()
        if not self._has_work(to_do):
            self._refresh_outputs(on_step)
            return
        on_step("opening the ledger and the tracking store")
        executor = self._executor()  # its fork server gets ready while the stores are opened
        tracker = self._tracker()
        self.warnings += [tracker.notice] if tracker.notice else []
        stages = self._stages(tracker, stop, on_step, on_look)
        first = next(stages)  # opens the ledger
        self.provision.prepare(to_do, on_step, stop)
        self._begin(tracker, on_step)
        self._tell_looks(on_look)
        from ablations.search.storage import in_words

        outcome: Outcome = "failed"
        try:
            with in_words(self.storage):
                for stage in chain([first], stages):
                    trained = run_trials(stage, executor, tracker, self.options.home, stop, self.provision.digests)
                    with closing(trained) as reports:
                        for report in reports:
                            self.progress.enter(report)
                            self.failures.enter(report, self.progress.trials[report.name])
                            self.outputs.follow(has_ended=isinstance(report.event, Finished))
                            yield report
                            self._tell_looks(on_look)
            outcome = "failed" if self.failures.is_over else "interrupted" if stop() else "finished"
        finally:
            try:
                executor.close()
            finally:
                self._end(tracker, outcome, on_step)

    def _stopping(self, stop: Callable[[], bool]) -> Callable[[], bool]:
        """`stop`, or the deadline has come, or too many trials have failed one after another."""
        in_time = self.time.stopping(stop, self.progress)
        return lambda: self.failures.is_over or in_time()

    def _tell_looks(self, on_look: OnLook | None) -> None:
        """Report a look that has been taken since the last report, once the ends of all its runs have been reported.

        A first look that is also the last of all is what the leaderboard shows, which comes next.
        """
        table = self.outputs.last_leaderboard().answers
        if on_look is None or table is None or table.looks.taken <= self._looks_told:
            return
        seeds = self.study.seeds[: table.looks.seeds]
        if any(self.progress.trials[name].seed in seeds for name in self.progress.running):
            return  # it has ended on disk, and its report is on the way
        self._looks_told = table.looks.taken
        every = self.exploration.confirming() if self.exploration else trials_of(self.study, self.workspace.root)
        workers = self.resources.workers
        standing = standing_of(table, every, self.study.seeds, self.progress, self.journals, workers)
        if self._looks_told > 1 or (standing.next is not None and standing.next.runs):
            on_look(standing)

    def _has_work(self, to_do: Sequence[Trial]) -> bool:
        """Whether there is anything to train, to send, or to enter in the ledger."""
        has_ledger = self.options.storage is not None or self.workspace.optuna_db.exists()
        return bool(to_do) or bool(self.progress.to_come) or self.needs_store() or not has_ledger

    def _refresh_outputs(self, on_step: OnStep) -> None:
        """Make the floors and outputs that are missing, where every trial has its result."""
        self.floors.start(on_step)
        self.floors.finish(on_step)
        self.outputs.write_leaderboard()
        if not self.outputs.has_report():
            self.outputs.write_report(on_step)

    def _stages(
        self, tracker: AnyTracker, stop: Callable[[], bool], on_step: OnStep, on_look: OnLook | None
    ) -> Iterator["Ledger | Explorer"]:
        """The ledgers of this execution, each one when all trials of the one before have ended.

        A search has two: that of the arms it explores, then that of the arms it confirms. Other studies have one.
        """

        def admit(trial: Trial) -> None:
            self._admit(trial, tracker, on_step, stop)

        search = self.exploration
        if search is not None:
            yield self.ledgers.explorer(search, self.journals, admit)
            if stop() or not search.settle():
                return
            for trial in search:
                if trial.name not in self.journals:
                    admit(trial)
        ledger = self._ledger()
        yield ledger
        while self.study.looks.stop == "decided" and not stop():
            ledger.enter_looks(self.outputs.take_looks())
            self._tell_looks(on_look)
            if not self.time.fits() or not self._go_on(admit):
                return
            tracker.attach(self.workspace.looks_json)
            tracker.stands(self.workspace)
            ledger = self._ledger()  # of all trials, with what those of earlier looks have written since
            yield ledger

    def _go_on(self, admit: Callable[[Trial], None]) -> bool:
        """Take in the trials that the next look asks for; whether there are any."""
        self._read_again()
        new = [trial for trial in due_trials(self.study, self.workspace.root) if trial.name not in self.journals]
        for trial in new:
            admit(trial)
        return bool(new)

    def _read_again(self) -> None:
        """Read the journals of trials that have ended since they were read, so that no ledger hands them out again."""
        for trial in self.trials:
            if trial.name in self.progress.done and not has_result(self.journals[trial.name]):
                self.journals[trial.name] = events_of(trial.directory)

    def _begin(self, tracker: AnyTracker, on_step: OnStep) -> None:
        """Record that this execution begins, and start the tracker and the floors."""
        options = self.options
        inline, resources = options.executor == "inline", self.resources
        execution = Execution.of(
            self.study,
            self.workspace.root,
            self.trials,
            options.command,
            options.named_files,
            workers=1 if inline else resources.workers,
            devices=resources.devices[:1] if inline else resources.devices,
            executor=options.executor,
        )
        tracker.begin(execution)
        tracker.start()
        self.floors.start(on_step)

    def _admit(self, trial: Trial, tracker: AnyTracker, on_step: OnStep, stop: Callable[[], bool]) -> None:
        """Take in a trial that was not known before."""
        self.trials.append(trial)
        self.journals[trial.name] = events_of(trial.directory)
        tracker.admit(trial)
        if self.provision.admit(trial, on_step, stop):
            tracker.notify(trial, ended=True)
        self.progress.admit(trial, self.journals[trial.name])
        self.progress.to_come = self.exploration.trials_to_come if self.exploration else 0

    def _end(self, tracker: AnyTracker, outcome: Outcome, on_step: OnStep) -> None:
        """Finish the outputs and close the tracker, whatever goes wrong."""
        try:
            if outcome == "finished":
                self.floors.finish(on_step)
                if left_there := self.provision.clear():
                    self.warnings.append(left_there)
            self.floors.stop()
            if not self.offline:
                on_step(f"sending the rest to MLflow, for at most {CLOSE_S:.0f} s")
            self.outputs.write_leaderboard()
            if outcome == "finished":
                self.outputs.write_report(on_step)
            for path in self.outputs.files():
                tracker.attach(path)
            tracker.describe(self.workspace)
        finally:
            if unsent := tracker.close(CLOSE_S, outcome):
                self.has_sent_all = False
                self.warnings.append(unsent)
        self.outputs.write_leaderboard()  # now with the ids of all runs

    def _ledger(self) -> "Ledger":
        search = self.exploration
        if search is None:
            return self.ledgers.ledger(self.study.name, self.trials, self.journals)
        return self.ledgers.ledger(search.confirmed, search.confirming(), self.journals)

    def _executor(self) -> Executor:
        return executor_of(self.options.executor, self.resources, self.elsewhere)

    def _tracker(self) -> AnyTracker:
        embedded = None if self.options.tracking_uri else self.workspace.mlartifacts
        return tracker_of(None if self.offline else self.tracking_uri, self.study.name, embedded, self.workspace.root)

    def _floors(self) -> FloorWork:
        options, root = self.options, self.workspace.root
        configs = [arm.config for arm in self.study.arms]
        device = "cpu" if self.is_elsewhere else self.resources.devices[0]
        return FloorWork(
            configs,
            root,
            options.home,
            device,
            self.warnings,
            here=options.executor == "inline",
            requested=options.floors,
            may_load=not self.is_elsewhere,
        )


@contextmanager
def open_session(study: Study, runs: Path, options: ExecutionOptions) -> Iterator[Session]:
    """An execution of the study, its directory locked for the body's time.

    Where a UserError ends the body before anything has trained, the folders that were made for it are removed.
    """
    with leaving_no_traces(runs / study.name), open_workspace(study, runs) as workspace:
        yield Session(study, workspace, options)
