"""Diverged seeds of two arms: counted, compared on their own, and never given a score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from ablations.statistics.factor_columns import Levels, Observation
from ablations.statistics.scores import ArmScores
from ablations.statistics.significance import fair_coin_p


@dataclass(frozen=True)
class Divergence:
    """How often each of two arms diverged, over the seeds that both have ended."""

    seeds: int
    both: int
    only_arm: int
    only_baseline: int
    p: float  # McNemar's exact test; 1 where no seed tells the two apart

    def mirrored(self) -> "Divergence":
        """The other arm against this one."""
        return Divergence(self.seeds, self.both, self.only_baseline, self.only_arm, self.p)

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
    return Divergence(len(seeds), both, only_arm, only_baseline, fair_coin_p(only_arm, only_baseline))


def won_seeds_p(differences: Sequence[float], divergence: Divergence) -> float:
    """Exact sign test that the side with the better mean wins more seeds, where a seed that diverged on one side is
    lost to it.

    Two-sided p; 1 where that side does not even win half of them. Ties are left out. No diverged seed needs a number.
    """
    lower = sum(difference < 0 for difference in differences) + divergence.only_baseline
    higher = sum(difference > 0 for difference in differences) + divergence.only_arm
    won, lost = (lower, higher) if sum(differences) < 0 else (higher, lower)
    return fair_coin_p(won, lost) if won > lost else 1.0


@dataclass(frozen=True)
class DivergenceByLevel:
    """The runs with all of these levels against all others."""

    runs_with: int
    diverged_with: int
    runs_without: int
    diverged_without: int
    p: float  # Fisher's exact test, two-sided

    @property
    def excess(self) -> int:
        """How many more of its runs diverged than the rate of the others would predict, rounded."""
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
    p = float(scipy.stats.fisher_exact(table).pvalue)
    (diverged_with, rest_with), (diverged_without, rest_without) = table.tolist()
    return DivergenceByLevel(
        diverged_with + rest_with, diverged_with, diverged_without + rest_without, diverged_without, p
    )
