"""Factors and observations -> the columns of a linear model, one an effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

Levels = tuple[tuple[str, str], ...]  # ((factor, level), ...) that an effect is about


@dataclass(frozen=True)
class Factor:
    """A factor's levels; the first is what the others are held against ('off', or the baseline's choice)."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Observation:
    """One run of a factorial design; `score` is None if it diverged."""

    levels: Mapping[str, str]
    seed: int
    score: float | None


@dataclass(frozen=True)
class Column:
    """One effect: of a level against the first one, or of two such together."""

    about: Levels
    name: str
    values: NDArray[np.float64]


def columns_of(observations: Sequence[Observation], factors: Sequence[Factor], interactions: bool) -> list[Column]:
    """Main effects, then two-way interactions.

    A level's column is 1[level] - 1/k over the k levels (+1/2 and -1/2 for two), an interaction's the product of two.
    In a full design the coefficients then are: the mean with the level minus the mean with the first level, averaged
    evenly over all other factors' levels; and how much that changes when the other factor goes from its first level to
    this one.
    """
    mains = [_main(observations, factor) for factor in factors]
    columns = [column for group in mains for column in group]
    if interactions:
        for first, second in combinations(mains, 2):
            columns += [
                Column(a.about + b.about, f"{a.name}:{b.name}", a.values * b.values) for a, b in product(first, second)
            ]
    return columns


def _main(observations: Sequence[Observation], factor: Factor) -> list[Column]:
    seen = np.array([observation.levels[factor.name] for observation in observations], dtype=object)
    if unknown := set(seen) - set(factor.levels):
        raise ValueError(f"levels {sorted(unknown)} of {factor.name!r} are not among {factor.levels}")
    share = 1 / len(factor.levels)
    return [
        Column(
            ((factor.name, level),),
            factor.name if len(factor.levels) == 2 else f"{factor.name}[{level}]",
            (seen == level).astype(np.float64) - share,
        )
        for level in factor.levels[1:]
    ]
