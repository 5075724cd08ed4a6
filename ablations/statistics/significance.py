"""Student's t of an estimate and its standard error: the one place for contrasts and for coefficients alike."""

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

ROUNDING = 1e-12  # a spread below is none: values that are equal to the last digit


def two_sided_p(value: float, error: float, df: float) -> float:
    """p of a true value of 0. NaN if a number is missing, and without any spread: one of 0 can't be estimated."""
    if math.isnan(value) or not error >= ROUNDING:
        return math.nan
    return 2 * float(special.stdtr(df, -abs(value) / error))


def equivalence_p(value: float, error: float, df: float, margin: float) -> float:
    """p of a true value that is as large as the margin: the two-sided interval at 1 - p lies within and touches it.

    Twice the larger p of two one-sided t tests (TOST, Schuirmann 1987), 1 at most. Not doubled, the interval would be
    one at 1 - 2p, and studies with arms at the margin next to arms without effect would err in up to 6 % at 5 %: one
    and the same interval has to answer both questions. NaN where `two_sided_p` is.
    """
    if math.isnan(value) or math.isnan(margin) or not error >= ROUNDING:
        return math.nan
    return min(1.0, 2 * float(special.stdtr(df, (abs(value) - margin) / error)))


def fair_coin_p(heads: int, tails: int) -> float:
    """Two-sided p of heads and tails being equally likely: 2 P(at most the rarer of both), 1 without a throw.

    The number of scipy's `binomtest` and of statsmodels' `mcnemar`, a hundred times faster.
    """
    return min(1.0, 2 * float(special.bdtr(min(heads, tails), heads + tails, 0.5))) if heads + tails else 1.0


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
    null = _flipped_means(np.asarray(differences, dtype=np.float64))
    observed = float(np.mean(differences))
    tie = abs(100 * np.finfo(np.float64).eps * observed)
    below, above = (int(np.count_nonzero(side)) + 1 for side in (null <= observed + tie, null >= observed - tie))
    return min(1.0, 2 * min(below, above) / (RESAMPLES + 1))


def _flipped_means(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means under patterns of signs drawn at random. [RESAMPLES]

    They are drawn as scipy's `permutation_test` draws them, of which this is the number, a product of matrices in place
    of copies of all differences: of 500 seeds a fifth of the time.
    """
    pairs = np.tile(np.arange(2), (RESAMPLES, len(differences), 1))
    flips = np.random.default_rng(0).permuted(pairs, axis=-1)[..., 0]  # [RESAMPLES n]
    means: NDArray[np.float64] = (1.0 - 2.0 * flips) @ differences / len(differences)
    return means


@functools.lru_cache(maxsize=EXACT)
def _signs(n: int) -> NDArray[np.float64]:
    """All 2^n patterns of signs, none flipped first. Kept: scipy's test makes them anew for every arm."""
    flips = np.arange(2**n)[:, None] >> np.arange(n) & 1
    return np.where(flips == 1, -1.0, 1.0).astype(np.float64)  # [2^n n]


def inside_p(value: float, margin: float, n: int) -> float:
    """p of an effect at least as large as the margin, from n equal differences: as of n coins that all fall alike.

    1 where they are as large as the margin, NaN without a margin.
    """
    if math.isnan(margin):
        return math.nan
    return 1.0 if abs(value) >= margin else math.ldexp(2.0, -n)


def smallest_sign_flip_p(n: int) -> float:
    """What the test gives at best, when all n differences have one sign: 2 / 2^n (1 for n < 2)."""
    return min(1.0, math.ldexp(2.0, -n))


def seeds_for_sign_flip(alpha: float) -> int:
    """The smallest n whose best p is at most alpha: 6 for 0.05."""
    return max(2, math.ceil(1 - math.log2(alpha)))


def half_width(error: float, df: float, alpha: float) -> float:
    """Half of the two-sided t interval at 1 - alpha; NaN where there is no degree of freedom."""
    return float(special.stdtrit(df, 1 - alpha / 2)) * error if df > 0 else math.nan
