"""The effects of a factorial study as a square for a heat map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ablations.statistics import Finding, Rule

SEPARATOR = ":"  # between the two of an interaction


@dataclass(frozen=True)
class Cell:
    """An effect in the square. `shown`: a ratio, or a difference; NaN where the design can't tell."""

    shown: float
    finding: Finding


@dataclass(frozen=True)
class InteractionMap:
    """`cells[i][j]` for j <= i: main effects on the diagonal, interactions of two below it, as the rule shows them."""

    factors: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    rule: Rule

    @property
    def strongest(self) -> float:
        """The largest |size|, where the colour scale ends."""
        sizes = [abs(self.size(cell)) for row in self.cells for cell in row]
        return max((size for size in sizes if math.isfinite(size)), default=0.0)

    def size(self, cell: Cell) -> float:
        """The number that a colour stands for, 0 without effect: the logarithm of a ratio, or a difference."""
        return self.rule.transform(cell.shown) if math.isfinite(cell.shown) else math.nan


def interaction_map(fit: Sequence[tuple[str, float, Finding]], rule: Rule) -> InteractionMap | None:
    """The square of effects by name ('A', 'A:B'); None with fewer than two factors."""
    cells = {name: Cell(shown, finding) for name, shown, finding in fit}
    factors = [name for name in cells if SEPARATOR not in name]
    if len(factors) < 2:
        return None
    unknown = Cell(math.nan, "can't tell")
    rows = []
    for i, below in enumerate(factors):
        pairs = [cells.get(f"{left}{SEPARATOR}{below}", unknown) for left in factors[:i]]
        rows.append((*pairs, cells[below]))
    return InteractionMap(tuple(factors), tuple(rows), rule)
