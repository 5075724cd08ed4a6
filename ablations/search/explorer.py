"""A search's first stage: Optuna suggests an arm, it is written down, trained, and told to Optuna.

The truth is on disk: `explored.json` says what was suggested, the journals its outcome. What Optuna missed (a
parent that was killed, a database that was removed) is entered from them, in their order. A diverged trial is FAIL
with the attribute `status`; so is a suggestion that a rule forbids, or of an arm that has had all its seeds, with the
reason. A trial that the pruner stops is PRUNED here, and its journal ends so.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

from ablations.search.exploration import MOST_FAILURES, Exploration
from ablations.search.ledger import NOT_FINITE, REASON, STATUS, WITHDRAWN
from ablations.search.samplers import derived_seed, pruner_of, sampler_of, suggested
from ablations.search.storage import opened
from ablations.study.space import Params
from ablations.workspace.explored import Suggestion
from ablations.workspace.trials import Trial
from gan_core.events import RESULTS, AnyEvent, Evaluated, Finished, has_result
from gan_core.workers.job import Report

SUGGESTION = "suggestion"  # its number in explored.json
AGAIN = "entered_again"
PATIENCE = 10  # suggestions in a row that are no trial, before the next ones are drawn at random
GIVES_UP = 500  # of these


class Explorer:
    """The Optuna study of a search's first stage. Only the process that holds the study's lock may use it.

    `journals`: by trial, growing with each new trial that `admit` is called with before it is handed out. Raises
    UserError where the storage can't be used.
    """

    def __init__(
        self,
        storage: str,
        exploration: Exploration,
        journals: Mapping[str, Sequence[AnyEvent]],
        admit: Callable[[Trial], None],
        ledger: str | None = None,
    ) -> None:
        self._exploration, self._journals, self._admit = exploration, journals, admit
        self._explore = exploration.plan.explore
        config = exploration.plan.space.baseline.config
        self._study = opened(storage, ledger or exploration.study, pruner_of(self._explore.pruner, config))
        self._begun: dict[str, tuple[Trial, optuna.trial.Trial]] = {}
        self._reported: dict[str, set[int]] = {}
        self._values: dict[str, float] = {}
        self._pruned: dict[str, str] = {}
        self._fruitless = 0
        self._known: set[str] = set()  # trials whose result is here, and whose journal has lost it

    def next_trials(self) -> Iterator[Trial]:
        """The suggested trials without a result, then new ones until there are enough arms."""
        yield from self._catch_up()
        while not self._exploration.is_complete:
            yield from self._suggest()

    def enter(self, report: Report) -> None:
        """Enter what an executor reports of a trial that was handed out."""
        if report.name in self._known:
            return  # it comes to the same end again
        if report.event is not None:
            self._note(report.name, report.event)
        elif report.has_died:
            self._close(report.name, "failed", report.left)

    def gives_up(self, name: str) -> str:
        """Why the pruner wants this trial to end now, or ''."""
        return self._pruned.get(name, "")

    def _catch_up(self) -> Iterator[Trial]:
        while self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            self._withdraw(self._study.ask())
        known: dict[int, FrozenTrial] = {}
        for frozen in self._study.get_trials(deepcopy=False):
            number = frozen.user_attrs.get(SUGGESTION, -1)
            if frozen.user_attrs.get(STATUS) == WITHDRAWN:
                continue
            if 0 <= number < len(self._exploration.suggestions):
                known[number] = frozen
            elif not frozen.state.is_finished():
                self._withdraw(self._opened(frozen))  # suggested, and then the process before this one was killed
        for number, suggestion in enumerate(self._exploration.suggestions):
            yield from self._entered(number, suggestion, known.get(number))

    def _entered(self, number: int, suggestion: Suggestion, frozen: FrozenTrial | None) -> Iterator[Trial]:
        """Bring a suggestion and its outcome into Optuna. It is yielded if it is still to be trained."""
        trial = self._exploration.trial(suggestion) if suggestion.is_a == "trial" else None
        settled = trial is None or suggestion.failures >= MOST_FAILURES or has_result(self._journals[trial.name])
        if frozen is not None and frozen.state.is_finished() and settled:
            return
        if trial is not None and frozen is not None and frozen.user_attrs.get(STATUS) in RESULTS:
            self._known.add(trial.name)
            yield trial
            return
        if frozen is not None and frozen.state == TrialState.RUNNING:
            asked, reported = self._opened(frozen), set(frozen.intermediate_values)
        else:
            attributes = {SUGGESTION: number, AGAIN: True}
            self._study.enqueue_trial(suggestion.params, user_attrs=attributes)
            asked, reported = self._study.ask(), set()
            self._choose(asked)
        if trial is None:
            self._refuse(asked, suggestion)
        else:
            yield from self._begin(trial, asked, reported)

    def _opened(self, frozen: FrozenTrial) -> optuna.trial.Trial:
        return optuna.trial.Trial(self._study, frozen._trial_id)

    def _suggest(self) -> Iterator[Trial]:
        """Ask Optuna for a suggestion. It is yielded if it becomes a trial."""
        trials = self._study.get_trials(deepcopy=False)
        again = sum(AGAIN in frozen.user_attrs for frozen in trials)
        at_random = optuna.samplers.RandomSampler(seed=derived_seed(self._explore.seed, len(trials)))
        stuck = self._fruitless >= PATIENCE
        self._study.sampler = at_random if stuck else sampler_of(self._explore, len(trials), again)
        asked = self._study.ask()
        suggestion = self._exploration.take(self._choose(asked))
        self._study.sampler = at_random
        asked.set_user_attr(SUGGESTION, len(self._exploration.suggestions) - 1)
        if suggestion.is_a == "trial":
            self._fruitless = 0
            trial = self._exploration.trial(suggestion)
            self._admit(trial)
            yield from self._begin(trial, asked, set())
            return
        self._refuse(asked, suggestion)
        self._fruitless += 1
        if self._fruitless >= GIVES_UP:
            self._exploration.give_up(f"{GIVES_UP} suggestions in a row were forbidden or had been tried")

    def _choose(self, asked: optuna.trial.Trial) -> Params:
        """Let the sampler choose, dimension by dimension, among what its earlier choices leave."""
        params: Params = {}
        space = self._exploration.plan.space
        for dimension in space.all_dimensions:
            if not space.is_there(dimension, params):
                continue
            params[dimension.name] = suggested(asked, dimension)
        return params

    def _withdraw(self, stray: optuna.trial.Trial) -> None:
        stray.set_user_attr(STATUS, WITHDRAWN)
        self._study.tell(stray, state=TrialState.FAIL)

    def _refuse(self, asked: optuna.trial.Trial, suggestion: Suggestion) -> None:
        asked.set_user_attr(STATUS, suggestion.is_a)
        if suggestion.reason:
            asked.set_user_attr(REASON, suggestion.reason)
        self._study.tell(asked, state=TrialState.FAIL)

    def _begin(self, trial: Trial, asked: optuna.trial.Trial, reported: set[int]) -> Iterator[Trial]:
        """Enter what the journal holds already; the trial is yielded unless it has ended."""
        asked.set_user_attr("arm", trial.arm.name)
        asked.set_user_attr("seed", trial.seed)
        self._begun[trial.name], self._reported[trial.name] = (trial, asked), reported
        events = self._journals[trial.name]
        for event in events:
            if not isinstance(event, Finished) or event.is_result:  # what failed is tried again
                self._note(trial.name, event)
        self._pruned.pop(trial.name, None)  # a verdict of the past: the next score decides
        if not has_result(events):
            yield trial

    def _note(self, name: str, event: AnyEvent) -> None:
        trial, asked = self._begun[name]
        match event:
            case Evaluated(of="progress", fid=float(fid)) if event.images not in self._reported[name]:
                self._reported[name].add(event.images)  # a resumed run repeats what came after its checkpoint
                asked.report(fid, step=event.images)
                if event.kimg < trial.config.budget_kimg and asked.should_prune():
                    words = f"{self._explore.pruner} pruner: FID {fid:.4g} at {event.kimg:g} kimg"
                    self._pruned[name] = words
            case Evaluated(of="best", fid=float(fid)):
                self._values[name] = fid
            case Finished():
                self._close(name, event.status, event.reason)

    def _close(self, name: str, status: str, reason: str) -> None:
        asked = self._begun[name][1]
        asked.set_user_attr(STATUS, status)
        value = self._values.get(name)
        if status == "finished" and value is not None and not math.isfinite(value):
            reason = NOT_FINITE
        if reason:
            asked.set_user_attr(REASON, reason)
        if status == "finished" and value is not None and math.isfinite(value):
            self._study.tell(asked, value)
        elif status == "pruned":
            self._study.tell(asked, state=TrialState.PRUNED)
        else:
            self._study.tell(asked, state=TrialState.FAIL)
        if status == "failed":
            self._exploration.failed(name)
