"""A search's trials, as far as they are known: its record on disk, growing, and what that means.

Together with the study file it says which trials there are; the outcome of each is in its journal, as always. Optuna's
storage can be made again from both.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.search.choice import best_arms
from ablations.study.arm import Arm
from ablations.study.designs.search_options import EXPLORED_SEEDS
from ablations.study.space import Forbidden, Params
from ablations.study.space.plan import SearchPlan
from ablations.workspace.explored import NAME, Explored, Suggestion, confirmed_ledger, read_explored
from ablations.workspace.trials import Trial, trial_of
from gan_core import journal
from gan_core.events import has_result
from gan_core.machine import files
from gan_core.problems import Problem, UserError

if TYPE_CHECKING:
    from ablations.study.study import Study

MOST_FAILURES = 2  # a trial that failed in this many executions is given up


class Exploration:
    """The record, growing on disk, and the trials that it defines."""

    def __init__(
        self, study: str, plan: SearchPlan, seeds: Sequence[int], root: Path, explored: Explored | None = None
    ) -> None:
        """`seeds`: those of the confirmation; `explored`: the record, which is read by default.

        Raises UserError where it can't be read.
        """
        self.study, self.plan, self.seeds, self.root = study, plan, tuple(seeds), root
        self.explored = read_explored(root) if explored is None else explored
        self._arms: dict[str, Arm] = {}  # by name, in the order of their first suggestion
        for suggestion in self.explored.suggestions:
            if suggestion.is_a == "trial":
                self._arms.setdefault(suggestion.arm, self._arm(suggestion.params))

    @classmethod
    def of(cls, study: "Study", root: Path) -> "Exploration | None":
        """The exploration of a study that is a search; `root` is the study's directory."""
        return None if study.search is None else cls(study.name, study.search, study.seeds, root)

    def __iter__(self) -> Iterator[Trial]:
        """All trials that are known so far."""
        yield from (*self.trials(), *self.confirming())

    @property
    def confirmed(self) -> str:
        """Optuna's name for the second stage, whose trials are no history for the sampler of the first."""
        return confirmed_ledger(self.study)

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
        """How many more trials, not known yet, there will be at least."""
        arms = 0 if self.is_complete else self.plan.explore.arms - len(self._arms)
        return arms + (self.plan.confirm.best * len(self.seeds) if self.explored.chosen is None else 0)

    @property
    def most_to_come(self) -> int:
        """How many more trials, not known yet, there will be at most."""
        explore, known = self.plan.explore, len(self.trials())
        further = 0 if self.is_complete else explore.arms * explore.seeds - known
        return further + (self.plan.confirm.best * len(self.seeds) if self.explored.chosen is None else 0)

    def drawn(self, count: int) -> list[Arm]:
        """Arms drawn at random from the space in a number of tries, without the forbidden ones."""
        stream = random.Random(self.plan.explore.seed)
        arms = (self.plan.space.arm(self.plan.space.draw(stream)) for _ in range(count))
        return [arm for arm in arms if isinstance(arm, Arm)]

    def trial(self, suggestion: Suggestion) -> Trial:
        """The trial of a suggestion that became a trial."""
        assert suggestion.seed is not None
        return trial_of(self.study, self._arms[suggestion.arm], suggestion.seed, self.root, stage="explore")

    def trials(self) -> tuple[Trial, ...]:
        """The explored trials so far."""
        return tuple(self.trial(suggestion) for suggestion in self.suggestions if suggestion.is_a == "trial")

    def confirming(self) -> tuple[Trial, ...]:
        """The confirming trials, seed by seed: the baseline's and, once they are chosen, the best arms'."""
        chosen = [self._arms[name] for name in self.explored.chosen or ()]
        arms = (self.plan.space.baseline, *chosen)
        return tuple(trial_of(self.study, arm, seed, self.root, stage="confirm") for seed in self.seeds for arm in arms)

    def take(self, params: Params) -> Suggestion:
        """Record a suggestion and its fate: a trial with the arm's next seed, or none."""
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
        """Note that a trial has failed in this execution."""
        self._write(
            suggestions=tuple(
                own.model_copy(update={"failures": own.failures + 1})
                if own.is_a == "trial" and self.trial(own).name == name
                else own
                for own in self.suggestions
            )
        )

    def give_up(self, why: str) -> None:
        """End the search: no further arm is suggested."""
        self._write(gave_up=why)

    def settle(self) -> bool:
        """Choose the arms to confirm, once and for all, if the journals of all explored trials have a result.

        Returns whether that is settled. A trial that has failed twice is not waited for.
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
        files.write_text(self.root / NAME, self.explored.model_dump_json(indent=1) + "\n")
