"""What fits into the time that an execution has: no look is begun that would not be complete before its deadline."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ablations.execution.estimate import ArmCost, arm_costs, study_seconds
from ablations.execution.options import ExecutionOptions
from ablations.execution.progress import StudyProgress
from ablations.execution.recorded_costs import recorded_costs
from ablations.execution.reuse import reused_from_others
from ablations.executors.names import ELSEWHERE
from ablations.study.study import Study
from ablations.workspace.due_trials import LookAhead, looks_ahead
from ablations.workspace.trials import Trial, progress_of, trials_of
from gan_core.events import RESULTS
from gan_core.machine.resources import Resources

MARGIN = 0.1  # of what a look will take, which has to be left over
START_S = 1.0  # that a trial takes besides what it records: at least, and before it has been seen here


@dataclass(frozen=True)
class LookCost:
    """A look, with the `runs` that are to be trained for it, and the wall `seconds` until they are there."""

    number: int
    seeds: int
    runs: int
    seconds: float


class TimeBudget:
    """An execution's time. Of a study whose looks stop arms a look is begun only if it fits; else training only stops.

    `root` is the study's directory. `refused`: the look that did not fit, once there is one.
    """

    def __init__(self, study: Study, root: Path, resources: Resources, options: ExecutionOptions) -> None:
        self.deadline = options.deadline
        self.refused: LookCost | None = None
        self._study, self._root, self._resources, self._options = study, root, resources, options
        self._measured: dict[str, ArmCost] = {}
        self._progress, self._done_before = StudyProgress({}), frozenset[str]()

    @property
    def goes_by_looks(self) -> bool:
        """Whether there is a deadline, and looks that may not be begun because of it."""
        return self.deadline is not None and self._study.looks.stop == "decided"

    def admitted(self, trials: list[Trial]) -> list[Trial]:
        """Of the trials that are due those to train now; of a look that does not fit those that have a result.

        A look that was begun goes on.
        """
        if self.fits():
            return trials
        return [trial for trial in trials if progress_of(trial) in RESULTS]

    def fits(self) -> bool:
        """Whether the next look may be begun, or gone on with: it fits, it was begun, or nothing says that it must."""
        look = self._next_look()
        return look is None or self._is_begun(look) or self._fits(look)

    def stopping(self, stop: Callable[[], bool], progress: StudyProgress) -> Callable[[], bool]:
        """`stop`, or the deadline has come while there is something to train; `progress`: of this execution."""
        self._progress, self._done_before = progress, frozenset(progress.done)
        return lambda: stop() or self.has_stopped(progress)

    def has_stopped(self, progress: StudyProgress) -> bool:
        """Whether the deadline has come before all trials ended that are to be trained."""
        if self.deadline is None or not self.deadline.is_over:
            return False
        return bool(progress.to_come) or len(progress.done | progress.failed.keys()) < len(progress.trials)

    def until(self) -> LookCost | None:
        """The last look that will probably be complete in time; None where there is none.

        `runs` and `seconds` are those of all looks until then.
        """
        assert self.deadline is not None
        *_, last = (None, *self._in_time(self.deadline.seconds_left))
        return last

    def _in_time(self, seconds: float) -> Iterator[LookCost]:
        ahead = looks_ahead(self._study, self._root)
        to_do = self._to_train([trial for look in ahead for trial in look.trials])
        if (costs := self._costs(to_do)) is None:
            return
        names, trials, before = {trial.name for trial in to_do}, list[Trial](), 0.0
        for look in ahead:
            trials += [trial for trial in look.trials if trial.name in names]
            needed = study_seconds(trials, costs, self._resources)
            if before + (needed - before) * (1 + MARGIN) > seconds:
                return
            yield LookCost(look.number, look.seeds, len(trials), needed)
            before = needed

    def _next_look(self) -> LookAhead | None:
        return next(iter(looks_ahead(self._study, self._root)), None) if self.goes_by_looks else None

    def _is_begun(self, look: LookAhead) -> bool:
        """Whether a trial has begun that no look before this one asks for."""
        before = self._study.looks.counts[look.number - 2] if look.number > 1 else 0
        own = self._study.seeds[before : look.seeds]
        return any(progress_of(trial) != "new" for trial in trials_of(self._study, self._root) if trial.seed in own)

    def _fits(self, look: LookAhead) -> bool:
        assert self.deadline is not None
        to_do = self._to_train(look.trials)
        if (costs := self._costs(to_do)) is None:
            return True
        seconds = study_seconds(to_do, costs, self._resources)
        if seconds * (1 + MARGIN) <= self.deadline.seconds_left or not to_do:
            return True
        self.refused = LookCost(look.number, look.seeds, len(to_do), seconds)
        return False

    def _to_train(self, trials: Sequence[Trial]) -> list[Trial]:
        """Those that no other study has trained already."""
        if self._options.retrain:
            return list(trials)
        here = self._options.executor not in ELSEWHERE
        reused = reused_from_others(trials, self._root.parent, self._options.home, may_load=here)
        return [trial for trial in trials if trial.name not in reused]

    def _costs(self, to_do: Sequence[Trial]) -> dict[str, ArmCost] | None:
        """What a trial of each arm takes: by what is on record, else measured for a moment, and only once.

        None where trials run on other machines and nothing is on record: what this machine takes says nothing of them.
        """
        trained = [self._progress.trials[name] for name in self._progress.done - self._done_before]
        arms = {trial.arm.name: trial.arm for trial in (*to_do, *trained)}
        known = trials_of(self._study, self._root)
        cluster = self._options.executor in ELSEWHERE
        costs = recorded_costs(list(arms.values()), known, arms.keys(), self._root.parent, self._resources, cluster)
        missing = [arm for name, arm in arms.items() if name not in costs and name not in self._measured]
        if missing and cluster:
            return None
        self._measured |= arm_costs(missing, self._resources)
        costs = {name: costs.get(name) or self._measured[name] for name in arms}
        besides = self._besides([costs[trial.arm.name].total_s for trial in trained])
        return {name: replace(cost, training_s=cost.training_s + besides) for name, cost in costs.items()}

    def _besides(self, trained: Sequence[float]) -> float:
        """Seconds that a trial takes besides what it records, as this execution has seen them in trials that took so
        long: to start, to draw its pictures, to wait for the slowest of a look.
        """
        if not trained:
            return START_S
        return max(START_S, (self._progress.training_s * self._resources.workers - sum(trained)) / len(trained))
