"""A search as its study file has it: how much of which space, and what of it is confirmed. Knows no Optuna."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ablations.designs.search_words import Confirm, DimensionWords, Explore, SearchRecord
from ablations.factor_settings import Factor, Where
from ablations.space import Space
from ablations.space.check import checked_space, forbidden_in_words
from ablations.study_file import StudyFile
from ablations.trials import Arm
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
    file: StudyFile, baseline: Arm | None, tricks: Mapping[str, Factor]
) -> tuple[SearchPlan | None, list[Problem]]:
    """The plan, or None and the problems in it; None alone where what it stands on is missing or wrong."""
    if baseline is None or file.explore is None or file.confirm is None:
        return None, []
    words = file.space or {}
    baseline = replace(baseline, searched=tuple(words))
    space, problems = checked_space(words, baseline, tricks, file.explore, file.confirm)
    if space is None:
        return None, problems
    return SearchPlan(space, file.explore, file.confirm, words, tuple(forbidden_in_words(space))), []


def as_written(problem: Problem, lines: Collection[Where]) -> Problem:
    """The same, at its place in the file: a bare list is one of choices without that word."""
    where = problem.where
    if where[:1] == ("space",) and where[2:3] == ("choices",) and where[:3] not in lines:
        return replace(problem, where=(*where[:2], *where[3:]))
    return problem
