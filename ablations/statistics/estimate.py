"""Means with their spread and interval. Where there are too few seeds for a number there is NaN, never a guess."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ablations.statistics.significance import ROUNDING

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """The mean of n values. `sd` (n - 1 in its denominator) and the interval [low, high] are NaN when n < 2.

    Of values that are equal to the last digit `sd` is 0 and there is no interval: a spread of 0 can't be estimated.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float

    @property
    def is_flat(self) -> bool:
        """Whether there are several values, and all are equal to the last digit."""
        return self.n > 1 and self.sd == 0


def estimate(values: Sequence[float], confidence: float = CONFIDENCE, size: float = 1.0) -> Estimate:
    """Mean, standard deviation and Student's t interval of the mean; takes the values as a normal sample.

    `size`: of the numbers that the values are differences of, whose rounding they have.

    A value that is not finite makes all of it NaN: who wants to leave it out must do so, and count it.
    """
    n = len(values)
    array = np.asarray(values, dtype=np.float64)
    if n == 0 or not np.isfinite(array).all():
        return Estimate(n, math.nan, math.nan, math.nan, math.nan)
    mean = float(array.mean())
    if n == 1:
        return Estimate(n, mean, math.nan, math.nan, math.nan)
    sd = float(array.std(ddof=1))
    if sd <= ROUNDING * max(1.0, size, float(np.abs(array).max())):
        return Estimate(n, mean, 0.0, math.nan, math.nan)
    half = float(special.stdtrit(n - 1, (1 + confidence) / 2)) * sd / math.sqrt(n)
    return Estimate(n, mean, sd, mean - half, mean + half)


def without_interval(value: Estimate) -> Estimate:
    """The mean alone."""
    return Estimate(value.n, value.mean, math.nan, math.nan, math.nan)


def paired_difference(
    treated: Mapping[int, float], baseline: Mapping[int, float], confidence: float = CONFIDENCE
) -> Estimate:
    """The mean of treated - baseline over the seeds that both have; keys are seeds.

    Runs of one seed share initial weights, data order and z, so that what a seed does to both cancels.
    """
    seeds = sorted(treated.keys() & baseline.keys())
    size = max((abs(baseline[seed]) for seed in seeds if math.isfinite(baseline[seed])), default=1.0)
    return estimate([treated[seed] - baseline[seed] for seed in seeds], confidence, size)


def hedges_g(difference: Estimate) -> float:
    """g_z: mean / sd of the paired differences, times Hedges' correction for few pairs (Hedges 1981, eq. 6e).

    J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)) with m = n - 1 takes out the bias, which is +77 % at n = 3. NaN for
    n < 3, where J does not exist, and where the differences do not differ.
    """
    m = difference.n - 1
    if m < 2 or not difference.sd > 0:
        return math.nan
    correction = math.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)) / math.sqrt(m / 2)
    return correction * difference.mean / difference.sd
