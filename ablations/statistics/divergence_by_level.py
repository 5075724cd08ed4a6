"""Diverged runs with and without a factor's level, in a design whose runs are not in pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ablations.statistics.factor_columns import Levels, Observation


@dataclass(frozen=True)
class DivergenceByLevel:
    """Runs with all of these levels against all others."""

    runs_with: int
    diverged_with: int
    runs_without: int
    diverged_without: int
    p: float  # Fisher's exact test, two-sided

    @property
    def excess(self) -> int:
        """How many more runs with it diverged than the rate of the others lets expect, rounded."""
        if not self.runs_without:
            return 0
        return round(self.diverged_with - self.diverged_without / self.runs_without * self.runs_with)


def divergence_by_level(about: Levels, observations: Sequence[Observation]) -> DivergenceByLevel:
    """Counts, and Fisher's test of one rate of divergence for both."""
    counts = {(with_it, diverged): 0 for with_it in (True, False) for diverged in (True, False)}
    for observation in observations:
        with_it = all(observation.levels[factor] == level for factor, level in about)
        counts[with_it, observation.score is None] += 1
    table = np.array([[counts[with_it, diverged] for diverged in (True, False)] for with_it in (True, False)])
    p = float(stats.fisher_exact(table).pvalue)
    (diverged_with, rest_with), (diverged_without, rest_without) = table.tolist()
    return DivergenceByLevel(
        diverged_with + rest_with, diverged_with, diverged_without + rest_without, diverged_without, p
    )
