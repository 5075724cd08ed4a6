"""Every seed's FID by arm, with the mean and its interval."""

from collections.abc import Mapping
from dataclasses import dataclass

from ablations.leaderboard import Row, Table
from ablations.report.shown import Shown
from ablations.statistics import Estimate


@dataclass(frozen=True)
class ArmSeeds:
    """One arm's dots. `lost`: '1 diverged, 1 failed', seeds that have no dot; '' where all have."""

    arm: str
    is_reference: bool
    fids: Mapping[int, float]  # by seed
    mean: Estimate
    lost: str


def arm_seeds(table: Table, shown: Shown) -> tuple[ArmSeeds, ...]:
    """The shown arms, best first, those without a score last."""
    rows = [row for row in table.rows if row.arm in shown.arms]
    return tuple(ArmSeeds(row.arm, row.is_baseline, row.scores, row.fid, lost_seeds(row)) for row in rows)


def lost_seeds(row: Row) -> str:
    """The seeds without a score, counted by what became of them."""
    counts = {"diverged": row.seeds_diverged, "failed": row.seeds_failed, "unfinished": row.seeds_unfinished}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
