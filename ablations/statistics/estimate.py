"""Means with their spread and interval. Where there are too few seeds for a number there is NaN, never a guess."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """The mean of n values. `sd` (n - 1 in its denominator) and the interval [low, high] are NaN when n < 2."""

    n: int
    mean: float
    sd: float
    low: float
    high: float


def estimate(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Mean, standard deviation and Student's t interval of the mean; takes the values as a normal sample.

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
    return estimate([treated[seed] - baseline[seed] for seed in seeds], confidence)


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
