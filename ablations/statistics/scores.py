"""What the statistics know of an arm: a score for each seed that has one, and the seeds that diverged."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ArmScores:
    """The scores of one arm.

    A seed is in `scores`, in `diverged`, or absent: not run, not finished, failed for another reason.
    """

    name: str
    scores: Mapping[int, float]
    diverged: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if both := self.diverged & self.scores.keys():
            raise ValueError(f"seeds {sorted(both)} of {self.name!r} have a score and have diverged")

    @property
    def seeds(self) -> frozenset[int]:
        """All seeds that ended, with a score or diverged."""
        return self.diverged | self.scores.keys()
