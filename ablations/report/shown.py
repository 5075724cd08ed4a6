"""Which arms the figures show: all of a small study, of a large one the reference and those that rank best."""

from dataclasses import dataclass

from ablations.leaderboard import Table

MOST_ARMS = 24  # that a figure, or a table beside one, is readable with


@dataclass(frozen=True)
class Shown:
    """Names of arms, the reference first and then by rank; `of`: how many the table has."""

    arms: tuple[str, ...]
    of: int

    @property
    def note(self) -> str:
        """What is left out, in words; '' where nothing is."""
        if len(self.arms) == self.of:
            return ""
        return f"The reference and the {len(self.arms) - 1} best of {self.of} arms; the leaderboard below has all."


def shown_arms(table: Table, most: int = MOST_ARMS) -> Shown:
    """The reference, then the best ranked arms, those without a rank last."""
    names = [row.arm for row in sorted(table.rows, key=lambda row: not row.is_baseline)]
    return Shown(tuple(names[:most]), len(names))
