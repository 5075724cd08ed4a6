"""The sign-flip permutation test of paired differences: no distribution is assumed, only symmetry about 0."""

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

EXACT = 13
TIE = 1e-14  # sums that differ by rounding alone are equal, as in scipy's test
RESAMPLES = 9999  # all 2^n patterns of signs up to n = 13; beyond, this many drawn at random


def sign_flip_p(differences: Sequence[float]) -> float:
    """Two-sided p of a mean difference of 0, NaN without a difference.

    Exact for n <= 13. Patterns for more are drawn from a generator with a fixed seed, so that a table comes out the
    same each time; such a p is no smaller than 1 / (RESAMPLES + 1).
    """
    if not len(differences):
        return math.nan
    if len(differences) == 1:
        return 1.0  # either sign is as far from 0
    if len(differences) <= EXACT:
        flipped = np.abs(_signs(len(differences)) @ np.asarray(differences, dtype=np.float64))
        return float(np.mean(flipped >= flipped[0] * (1 - TIE)))
    result = stats.permutation_test(
        (np.asarray(differences, dtype=np.float64),),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(0),
    )
    return float(result.pvalue)


@functools.lru_cache(maxsize=EXACT)
def _signs(n: int) -> NDArray[np.float64]:
    """All 2^n patterns of signs, none flipped first. Kept: scipy's test makes them anew for every arm."""
    flips = np.arange(2**n)[:, None] >> np.arange(n) & 1
    return np.where(flips == 1, -1.0, 1.0).astype(np.float64)  # [2^n n]


def smallest_sign_flip_p(n: int) -> float:
    """What the test gives at best, when all n differences have one sign: 2 / 2^n (1 for n < 2)."""
    return min(1.0, math.ldexp(2.0, -n))


def seeds_for_sign_flip(alpha: float) -> int:
    """The smallest n whose best p is at most alpha: 6 for 0.05."""
    return max(2, math.ceil(1 - math.log2(alpha)))
