"""The best FID to expect of k explored trials: a search's curve, next to the reference."""

import math
from dataclasses import dataclass

from ablations.leaderboard import Table
from ablations.statistics import ExpectedBest

TOLD = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000)  # k in the table of numbers, and the last


@dataclass(frozen=True)
class Expected:
    """`points`: every k with a number; `told`: a few of them, for the text; `reference`: the mean FID of that arm, or
    NaN.
    """

    points: tuple[ExpectedBest, ...]
    told: tuple[ExpectedBest, ...]
    reference: float
    reference_name: str
    score: str

    @property
    def may_give_nothing(self) -> bool:
        """Whether some trial had no FID, so that a few trials may all be without one."""
        return self.points[0].nothing > 0


def expected_of(table: Table) -> Expected | None:
    """The curve; None where no explored trial has a FID."""
    points = tuple(point for point in table.expected if math.isfinite(point.best))
    if not points:
        return None
    reference = next((row for row in table.rows if row.is_baseline), None)
    return Expected(
        points=points,
        told=tuple(point for point in points if point.k in TOLD or point is points[-1]),
        reference=reference.fid.mean if reference is not None else math.nan,
        reference_name=reference.arm if reference is not None else "",
        score=table.score,
    )
