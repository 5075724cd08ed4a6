"""A search as its study file has it: how much of which space, and what of it is confirmed. Knows no Optuna."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from ablations.study.arm import Arm
from ablations.study.designs import DesignOptions
from ablations.study.designs.search_options import Confirm, DimensionWords, Explore, SearchRecord
from ablations.study.factors import StudyFactor, Where
from ablations.study.space import Space
from ablations.study.space.check import checked_space, forbidden_in_words
from gan_core.problems import Problem


@dataclass(frozen=True)
class SearchPlan:
    """`words`: the space as it was written."""

    space: Space
    explore: Explore
    confirm: Confirm
    words: Mapping[str, DimensionWords]
    warnings: tuple[str, ...]

    def most_trials(self, seeds: int) -> int:
        """How many trials there will be at most, beside the baseline's: explored ones, and those that confirm."""
        return self.explore.arms * self.explore.seeds + self.confirm.best * seeds

    def record(self) -> SearchRecord:
        """What the study's directory keeps."""
        return SearchRecord(explore=self.explore, best=self.confirm.best, space=dict(self.words))


def search_plan(
    data: Mapping[str, Any], baseline: Arm | None, tricks: Mapping[str, StudyFactor]
) -> tuple[SearchPlan | None, list[Problem]]:
    """The plan in a study file's content, or None and the problems in its space; None alone without a baseline.

    What is wrong elsewhere in the content, and told by its validation, hides no mistake in the space.
    """
    if baseline is None:
        return None, []
    one = Explore(arms=1)
    explore = _option(data, "explore", one)
    confirm = Confirm.model_validate({"best": 1, "seeds": 1})
    if explore is not one:  # else how many arms there are to confirm is not known
        confirm = _option(data, "confirm", confirm)
    words: Mapping[str, DimensionWords] = _option(data, "space", {})
    baseline = replace(baseline, searched=tuple(words))
    space, problems = checked_space(words, baseline, tricks, explore, confirm)
    if space is None:
        return None, problems
    return SearchPlan(space, explore, confirm, words, tuple(forbidden_in_words(space))), []


def _option(data: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """One of the design's options, or a stand-in where it is missing or wrong."""
    try:
        found = getattr(DesignOptions.model_validate({name: data[name]}), name)
    except (KeyError, ValidationError):
        return otherwise
    return otherwise if found is None else found


def as_written(problem: Problem, lines: Collection[Where]) -> Problem:
    """The same, at its place in the file: a bare list is one of choices without that word."""
    where = problem.where
    if where[:1] == ("space",) and where[2:3] == ("choices",) and where[:3] not in lines:
        return replace(problem, where=(*where[:2], *where[3:]))
    return problem
