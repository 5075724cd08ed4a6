"""What a search has tried so far: `explored.json` in the study's folder, written before any of it trains.

Together with the study file it says which trials there are; what became of each is in its journal, as ever. Optuna's
storage can be made anew from both.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from ablations import atomic
from ablations.designs.search_words import EXPLORED_SEEDS, Scalar
from ablations.search_plan import SearchPlan
from ablations.space import Forbidden, Params
from ablations.trials import Arm, Trial, trial_of
from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Finished
from gan_core.problems import Problem, UserError
from gan_core.records import Record

if TYPE_CHECKING:
    from ablations.study import Study

NAME = "explored.json"
SCHEMA_VERSION = 1
METRIC = "fid"
MOST_FAILURES = 2  # after so many executions in which it failed a trial is given up

Journals = Mapping[str, Sequence[AnyEvent]]  # by trial


class Suggestion(Record):
    """One suggestion: a 'trial', or what it is instead: 'forbidden' by a rule, or of an arm that has all its seeds."""

    params: dict[str, Scalar]
    is_a: Literal["trial", "forbidden", "repeated"]
    arm: str = ""
    seed: int | None = None
    reason: str = ""
    failures: int = 0


class Explored(Record):
    """All suggestions in order. `chosen`: the arms to be confirmed, once that is settled. `gave_up`: why too few."""

    schema_version: int = SCHEMA_VERSION
    suggestions: tuple[Suggestion, ...] = ()
    chosen: tuple[str, ...] | None = None
    gave_up: str = ""


class Exploration:
    """The record, growing on disk, and the trials that it means."""

    def __init__(self, study: str, plan: SearchPlan, seeds: Sequence[int], root: Path) -> None:
        """`seeds`: those that confirm. Raises UserError where the record can't be read."""
        self.study, self.plan, self.seeds, self.root = study, plan, tuple(seeds), root
        self.explored = read_explored(root)
        self._arms: dict[str, Arm] = {}  # by name, in the order of their first suggestion
        for suggestion in self.explored.suggestions:
            if suggestion.is_a == "trial":
                self._arms.setdefault(suggestion.arm, self._arm(suggestion.params))

    @classmethod
    def of(cls, study: "Study", root: Path) -> "Exploration | None":
        """Of a study that is a search, its directory being `root`."""
        return None if study.search is None else cls(study.name, study.search, study.seeds, root)

    def __iter__(self) -> Iterator[Trial]:
        """All trials that are known so far."""
        yield from (*self.trials(), *self.confirming())

    @property
    def confirmed(self) -> str:
        """What Optuna calls the second stage, whose trials are no history for the sampler of the first."""
        return f"{self.study}-confirm"

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        return self.explored.suggestions

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The different arms so far."""
        return tuple(self._arms.values())

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to be suggested."""
        return bool(self.explored.gave_up) or len(self._arms) >= self.plan.explore.arms

    @property
    def trials_to_come(self) -> int:
        """How many trials that nobody knows yet there will be at least."""
        arms = 0 if self.is_complete else self.plan.explore.arms - len(self._arms)
        return arms + (self.plan.confirm.best * len(self.seeds) if self.explored.chosen is None else 0)

    @property
    def most_to_come(self) -> int:
        """How many trials that nobody knows yet there will be at most."""
        explore, known = self.plan.explore, len(self.trials())
        further = 0 if self.is_complete else explore.arms * explore.seeds - known
        return further + (self.plan.confirm.best * len(self.seeds) if self.explored.chosen is None else 0)

    def drawn(self, count: int) -> list[Arm]:
        """Arms of the space at random, so many tries, without those that are forbidden."""
        stream = random.Random(self.plan.explore.seed)
        arms = (self.plan.space.arm(self.plan.space.draw(stream)) for _ in range(count))
        return [arm for arm in arms if isinstance(arm, Arm)]

    def trial(self, suggestion: Suggestion) -> Trial:
        """The trial of a suggestion that is one."""
        assert suggestion.seed is not None
        return trial_of(self.study, self._arms[suggestion.arm], suggestion.seed, self.root, stage="explore")

    def trials(self) -> tuple[Trial, ...]:
        """The explored trials so far."""
        return tuple(self.trial(suggestion) for suggestion in self.suggestions if suggestion.is_a == "trial")

    def confirming(self) -> tuple[Trial, ...]:
        """The trials that confirm, seed by seed: the baseline's, and once it is settled which, the best arms'."""
        chosen = [self._arms[name] for name in self.explored.chosen or ()]
        arms = (self.plan.space.baseline, *chosen)
        return tuple(trial_of(self.study, arm, seed, self.root, stage="confirm") for seed in self.seeds for arm in arms)

    def take(self, params: Params) -> Suggestion:
        """Write a suggestion down, with what it is: a trial with the arm's next seed, or none."""
        arm = self.plan.space.arm(params)
        if isinstance(arm, Forbidden):
            taken = Suggestion(params=params, is_a="forbidden", reason="; ".join(arm.reasons))
        else:
            known = next((own for own in self.arms if own.config == arm.config), arm)
            before = sum(own.is_a == "trial" and own.arm == known.name for own in self.suggestions)
            if before >= self.plan.explore.seeds:
                taken = Suggestion(params=params, is_a="repeated", arm=known.name)
            else:
                self._arms.setdefault(known.name, known)
                taken = Suggestion(params=params, is_a="trial", arm=known.name, seed=EXPLORED_SEEDS + before)
        self._write(suggestions=(*self.suggestions, taken))
        return taken

    def failed(self, name: str) -> None:
        """A trial has failed in this execution."""
        self._write(
            suggestions=tuple(
                own.model_copy(update={"failures": own.failures + 1})
                if own.is_a == "trial" and self.trial(own).name == name
                else own
                for own in self.suggestions
            )
        )

    def give_up(self, why: str) -> None:
        """Nothing more is suggested."""
        self._write(gave_up=why)

    def settle(self) -> bool:
        """Choose what is confirmed, once and for all, if the journals of all explored trials have a result.

        Gives whether that is settled. A trial that has failed twice is not waited for.
        """
        if self.explored.chosen is not None:
            return True
        trials = self.trials()
        journals = {trial.name: journal.read(trial.directory) for trial in trials}
        given_up = {self.trial(own).name for own in self.suggestions if own.failures >= MOST_FAILURES}
        waiting = any(not has_result(journals[trial.name]) for trial in trials if trial.name not in given_up)
        if waiting or not self.is_complete:
            return False
        others = [trial for trial in trials if not trial.arm.is_baseline]
        self._write(chosen=tuple(best_arms(others, journals)[: self.plan.confirm.best]))
        return True

    def _arm(self, params: Params) -> Arm:
        arm = self.plan.space.arm(params)
        if isinstance(arm, Forbidden):
            message = f"holds what the study's rules forbid now: {'; '.join(arm.reasons)}"
            raise UserError(Problem(message, source=str(self.root / NAME), allowed="another study, with --as NEWNAME"))
        return arm

    def _write(self, **changes: object) -> None:
        self.explored = self.explored.model_copy(update=changes)
        atomic.write_text(self.root / NAME, self.explored.model_dump_json(indent=1) + "\n")


def read_explored(root: Path) -> Explored:
    """The record in a study's folder; an empty one where there is none. Raises UserError if it can't be read."""
    try:
        return Explored.model_validate_json((root / NAME).read_bytes())
    except FileNotFoundError:
        return Explored()
    except ValidationError:
        message = "can't be read"
        raise UserError(Problem(message, source=str(root / NAME), allowed="another study, with --as NEWNAME")) from None


def has_result(events: Sequence[AnyEvent]) -> bool:
    """Whether a journal ends with one: finished, diverged or pruned."""
    end = events[-1] if events else None
    return isinstance(end, Finished) and end.status != "failed"


def best_arms(trials: Sequence[Trial], journals: Journals) -> list[str]:
    """The arms with a FID in full, by their mean over explored seeds; those of which a seed diverged after the others.

    A pruned trial has no such FID: what it was stopped by was measured on fewer samples.
    """
    fids: dict[str, list[float]] = {}
    diverged: Counter[str] = Counter()
    for trial in trials:
        events = journals[trial.name]
        if events and isinstance(events[-1], Finished):
            diverged[trial.arm.name] += events[-1].status == "diverged"
            if events[-1].status == "finished":
                fids.setdefault(trial.arm.name, []).extend(_best_fids(events))
    means = {arm: fmean(values) for arm, values in fids.items() if values}
    return sorted(means, key=lambda arm: (diverged[arm] > 0, means[arm], arm))


def _best_fids(events: Sequence[AnyEvent]) -> Iterator[float]:
    for event in events:
        if isinstance(event, Evaluated) and event.of == "best":
            yield from (s.value for s in event.scores if s.metric == METRIC and s.value == s.value)  # not NaN
