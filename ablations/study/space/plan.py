"""A search as its study file describes it: how much of which space is tried, and what of it is confirmed. No Optuna."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ablations.study.arm import Arm
from ablations.study.designs import DesignOptions
from ablations.study.designs.search_options import Confirm, DimensionWords, Explore, SearchRecord
from ablations.study.factors import StudyFactor, Where
from ablations.study.space import Space
from ablations.study.space.check import checked_space, forbidden_in_words
from gan_core.problems import Problem


@dataclass(frozen=True)
class SearchPlan:
    """The plan of a search. `words`: the space as it was written."""

    space: Space
    explore: Explore
    confirm: Confirm
    words: Mapping[str, DimensionWords]
    warnings: tuple[str, ...]

    def most_trials(self, seeds: int) -> int:
        """How many trials there will be at most, besides the baseline's: explored and confirming ones."""
        return self.explore.arms * self.explore.seeds + self.confirm.best * seeds

    def record(self) -> SearchRecord:
        """The plan as the study's directory keeps it."""
        return SearchRecord(explore=self.explore, best=self.confirm.best, space=dict(self.words))


def search_plan(
    options: DesignOptions, baseline: Arm | None, tricks: Mapping[str, StudyFactor]
) -> tuple[SearchPlan | None, list[Problem]]:
    """The plan in a study file's options, or None and the problems in its space; None alone without a baseline.

    An option that is missing or wrong, which is reported elsewhere, hides no mistake in the space.
    """
    if baseline is None:
        return None, []
    explore, confirm = options.explore or Explore(arms=1), options.confirm
    if confirm is None or options.explore is None:  # without it, it is not known how many arms there are to confirm
        confirm = Confirm.model_validate({"best": 1, "seeds": 1})
    words = options.space or {}
    baseline = replace(baseline, searched=tuple(words))
    space, problems = checked_space(words, baseline, tricks, explore, confirm)
    if space is None:
        return None, problems
    return SearchPlan(space, explore, confirm, words, tuple(forbidden_in_words(space))), []


def as_written(problem: Problem, lines: Collection[Where]) -> Problem:
    """The dimension with its place in the file: a bare list means choices without that word."""
    where = problem.where
    if where[:1] == ("space",) and where[2:3] == ("choices",) and where[:3] not in lines:
        return replace(problem, where=(*where[:2], *where[3:]))
    return problem
