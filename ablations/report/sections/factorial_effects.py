"""From a factorial study's runs to the statistics' model of them, and its effects as a square for a heat map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ablations.leaderboard import Table
from ablations.results.results import METRIC, Result
from ablations.statistics import Factor, FactorialFit, Finding, Observation, Rule, fit_factorial
from ablations.study.setting_text import OFF, ON

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


def factorial_fit(results: Sequence[Result], table: Table) -> FactorialFit:
    """Main effects and two-way interactions of the factors that are off in some of these runs and on in others.

    A run that has neither a score nor diverged is left out.
    """
    names = list(dict.fromkeys(name for result in results for name in result.factors))
    observations = [one for result in results if (one := _observation(result, names, table)) is not None]
    varied = [name for name in names if len({observation.levels[name] for observation in observations}) > 1]
    return fit_factorial(observations, [Factor(name, (OFF, ON)) for name in varied], table.rule)


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


def _observation(result: Result, names: Sequence[str], table: Table) -> Observation | None:
    levels = {name: OFF if result.factors.get(name, OFF) == OFF else ON for name in names}
    if result.status == "diverged":
        return Observation(levels, result.seed, None)
    score = result.score(METRIC, table.ranked_by) if result.status == "finished" else None
    if score is None or (score.value <= 0 and math.isfinite(score.value)):
        return None
    if not math.isfinite(score.value):
        return Observation(levels, result.seed, None)  # it counts as diverged
    return Observation(levels, result.seed, score.value, result.summary.outcome)
