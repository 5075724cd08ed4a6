"""What later looks will probably bring, from what a question's runs have shown so far."""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

DRAWS = 1000  # futures that are imagined; a chance of 10 % is known to within 1 %


class Prediction(NamedTuple):
    """An effect as it is known after a number of `seeds`. One more seed brings `grows_by` degrees of freedom."""

    value: float
    error: float
    df: float
    margin: float
    seeds: int
    grows_by: int = 1


def chance_of_a_verdict(known: Prediction, later: Sequence[tuple[int, float]]) -> float:
    """The probability that the interval at a later look, each (seeds, alpha), excludes 0 or fits the margin."""
    return _chance(known, later, 0.0)


def chance_of_a_size(known: Prediction, later: Sequence[tuple[int, float]]) -> float:
    """The probability that the interval at a later look lies beyond the margin, or fits into it."""
    return _chance(known, later, known.margin)


def _chance(known: Prediction, later: Sequence[tuple[int, float]], beyond: float) -> float:
    """Of an interval that lies beyond this number, or within the margin.

    The true effect is drawn from Student's t around what was seen (a flat prior), further seeds around that with the
    spread as it is now. The draws are the same each time.
    """
    z = _normal(len(later))
    truth = known.value + known.error * special.stdtrit(known.df, special.ndtr(z[0]))
    total, seeds, sd = np.full(DRAWS, known.value * known.seeds), known.seeds, known.error * math.sqrt(known.seeds)
    found = np.zeros(DRAWS, dtype=bool)
    for step, (count, alpha) in enumerate(later, start=1):
        more = count - seeds
        total = total + truth * more + sd * math.sqrt(more) * z[step]
        seeds = count
        mean, error = total / count, sd / math.sqrt(count)
        df = known.df + known.grows_by * (count - known.seeds)
        half = float(special.stdtrit(df, 1 - alpha / 2)) * error
        found |= (np.abs(mean) >= half + beyond) | (np.abs(mean) + half <= known.margin)
    return float(found.mean())


@functools.lru_cache(maxsize=16)
def _normal(looks: int) -> NDArray[np.float64]:
    """[1 + looks, DRAWS]: the truth's place in its distribution, then the noise of each look."""
    return np.random.default_rng(0).standard_normal((1 + looks, DRAWS))
