"""The best score to expect after k trials of a search: what its budget bought, rather than its luckiest trial."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablations.statistics.rule import Rule

RESAMPLES = 2000


@dataclass(frozen=True)
class ExpectedBest:
    """The expected best after k trials; the interval is a percentile bootstrap over the trials."""

    k: int
    best: float  # given that at least one of the k has a score
    low: float
    high: float
    nothing: float  # probability that all k diverge


def expected_best(scores: Sequence[float | None], rule: Rule, most: int | None = None) -> tuple[ExpectedBest, ...]:
    """Expected best score after 1, 2, ... `most` (by default all) trials; None is a trial that diverged.

    Dodge et al. 2019 (arXiv:1909.03004, eq. 5 to 7), as Lucic et al. 2018 (arXiv:1711.10337) plot it for GANs: k draws
    with replacement from the n trials seen, E = sum_i x_(i) (P(best of k <= x_(i)) - P(best of k <= x_(i-1))). A
    diverged trial is a draw that gives nothing; it is never a number. The draws stand for trials that do not learn from
    each other: for random and quasi-random search an estimate, for an adaptive sampler a description of what it tried.
    The interval is too narrow unless k is small against n: it covers 80 to 90 % of the time at k = n / 10, and 55
    to 60 % at k = n = 10 (docs/statistics.md).
    """
    n = len(scores)
    if n == 0:
        return ()
    worst = math.inf if rule.lower_is_better else -math.inf
    values = np.array([worst if score is None else score for score in scores], dtype=np.float64)
    signed = values if rule.lower_is_better else -values
    sizes = np.arange(1, (most or n) + 1)
    drawn = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))  # fixed: a table comes out the same each time
    seen = _curve(signed[None], sizes)[0]
    resampled = _curve(signed[drawn], sizes)  # [RESAMPLES, k]
    tail = (1 - rule.confidence) / 2
    enough = np.isfinite(signed).sum() >= 2
    low, high = np.nanquantile(resampled, (tail, 1 - tail), axis=0) if enough else np.full((2, len(sizes)), math.nan)
    sign, (below, above) = (1, (low, high)) if rule.lower_is_better else (-1, (-high, -low))
    diverged = float(np.isinf(signed).mean())
    return tuple(
        ExpectedBest(int(k), sign * float(seen[i]), float(below[i]), float(above[i]), diverged ** int(k))
        for i, k in enumerate(sizes)
    )


def _curve(values: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Expected smallest of k draws from each row, [rows, n] -> [rows, k]; NaN for a row without a finite value."""
    n = values.shape[1]
    ordered = np.sort(values, axis=1)
    above = 1 - np.arange(n + 1)[:, None] / n  # [n + 1, 1]: probability of a draw beyond the i smallest
    weights = (above[:-1] ** sizes) - (above[1:] ** sizes)  # [n, k]: that the smallest of k is the i-th
    finite = np.isfinite(ordered)
    total = np.where(finite, ordered, 0) @ weights
    some = finite.astype(np.float64) @ weights
    curve: NDArray[np.float64] = np.divide(total, some, out=np.full_like(total, np.nan), where=some > 0)
    return curve
