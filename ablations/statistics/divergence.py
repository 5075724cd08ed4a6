"""Diverged seeds of two arms: counted, compared by themselves, and never given a score."""

from dataclasses import dataclass

import numpy as np
from statsmodels.stats.contingency_tables import mcnemar

from ablations.statistics.scores import ArmScores


@dataclass(frozen=True)
class Divergence:
    """How often each of two arms diverged, over the seeds that both have ended."""

    seeds: int
    both: int
    only_arm: int
    only_baseline: int
    p: float  # McNemar's exact test; 1 where no seed tells the two apart

    @property
    def excess(self) -> int:
        """In how many more seeds the arm diverged than the baseline."""
        return self.only_arm - self.only_baseline

    def can_answer(self, alpha: float) -> bool:
        """Whether the test could reach alpha at all: k seeds in which just one diverged give 2 / 2^k at best."""
        return 2 * 0.5 ** (self.only_arm + self.only_baseline) <= alpha


def divergence_of(arm: ArmScores, baseline: ArmScores) -> Divergence:
    """Counts, and McNemar's exact test (1947; a binomial test on the seeds in which just one of the two diverged)."""
    seeds = arm.seeds & baseline.seeds
    both = len(arm.diverged & baseline.diverged & seeds)
    only_arm = len((arm.diverged - baseline.diverged) & seeds)
    only_baseline = len((baseline.diverged - arm.diverged) & seeds)
    neither = len(seeds) - both - only_arm - only_baseline
    table = np.array([[both, only_arm], [only_baseline, neither]])
    p = float(mcnemar(table, exact=True).pvalue) if only_arm + only_baseline else 1.0
    return Divergence(len(seeds), both, only_arm, only_baseline, p)
