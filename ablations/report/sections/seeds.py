"""Every seed's FID by arm, with the mean and its interval."""

from collections.abc import Mapping
from dataclasses import dataclass

from ablations.leaderboard import Row, Table
from ablations.statistics import Estimate

MOST_ARMS = 24  # that a figure, or a table next to one, is readable with


@dataclass(frozen=True)
class ShownArms:
    """Names of arms, the reference first and then by rank; `of`: the number of arms in the table."""

    arms: tuple[str, ...]
    of: int

    @property
    def note(self) -> str:
        """Which arms are left out, in words; '' where none is."""
        if len(self.arms) == self.of:
            return ""
        return f"The reference and the {len(self.arms) - 1} best of {self.of} arms; the leaderboard below has all."


def shown_arms(table: Table, most: int = MOST_ARMS) -> ShownArms:
    """The reference, then the best ranked arms, those without a rank last."""
    names = [row.arm for row in sorted(table.rows, key=lambda row: not row.is_baseline)]
    return ShownArms(tuple(names[:most]), len(names))


@dataclass(frozen=True)
class ArmSeeds:
    """One arm's dots. `lost`: '1 diverged, 1 failed', seeds that have no dot; '' where all have."""

    arm: str
    is_reference: bool
    fids: Mapping[int, float]  # by seed
    mean: Estimate
    lost: str


def arm_seeds(table: Table, shown: ShownArms) -> tuple[ArmSeeds, ...]:
    """The shown arms, best first, those without a score last."""
    rows = [row for row in table.rows if row.arm in shown.arms]
    return tuple(ArmSeeds(row.arm, row.is_baseline, row.scores, row.fid, lost_seeds(row)) for row in rows)


def lost_seeds(row: Row) -> str:
    """The seeds without a score, counted by their outcome."""
    counts = {
        "diverged": row.seeds_diverged,
        "failed": row.seeds_failed,
        "unfinished": row.seeds_unfinished,
        "with a FID that is not finite": row.seeds_not_finite,
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
