"""From factors and observations to the columns of a linear model, one for each effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

Levels = tuple[tuple[str, str], ...]  # ((factor, level), ...) that an effect is about


@dataclass(frozen=True)
class Factor:
    """A factor's levels; the others are compared with the first one ('off', or the baseline's choice)."""

    name: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Observation:
    """One run of a factorial design; `score` is None if it diverged.

    `run`: what bit-identical runs have in common; None where it is not known.
    """

    levels: Mapping[str, str]
    seed: int
    score: float | None
    run: str | None = None


@dataclass(frozen=True)
class ModelColumn:
    """One effect: of a level against the first one, or of two such together."""

    about: Levels
    name: str
    values: NDArray[np.float64]


def model_columns(
    observations: Sequence[Observation], factors: Sequence[Factor], interactions: bool
) -> list[ModelColumn]:
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
                ModelColumn(a.about + b.about, f"{a.name}:{b.name}", a.values * b.values)
                for a, b in product(first, second)
            ]
    return columns


def _main(observations: Sequence[Observation], factor: Factor) -> list[ModelColumn]:
    seen = np.array([observation.levels[factor.name] for observation in observations], dtype=object)
    if unknown := set(seen) - set(factor.levels):
        raise ValueError(f"levels {sorted(unknown)} of {factor.name!r} are not among {factor.levels}")
    share = 1 / len(factor.levels)
    return [
        ModelColumn(
            ((factor.name, level),),
            factor.name if len(factor.levels) == 2 else f"{factor.name}[{level}]",
            (seen == level).astype(np.float64) - share,
        )
        for level in factor.levels[1:]
    ]


MEAN = "mean"
TOLERANCE = 1e-8


@dataclass(frozen=True)
class AliasStructure:
    """The columns that are estimated, and for each of the others what it is mixed up with."""

    kept: tuple[int, ...]
    mixed: dict[int, dict[int, float]]  # dropped -> {kept: coefficient}; empty: with the mean (or the seeds) alone

    def expression(self, kept: int, columns: Sequence[ModelColumn]) -> str:
        """What the estimate of a kept column really is, such as 'A + 0.5 B:C'."""
        terms = [columns[kept].name]
        for dropped, coefficients in self.mixed.items():
            if kept in coefficients:
                weight = coefficients[kept]
                factor = "" if abs(abs(weight) - 1) < TOLERANCE else f"{abs(weight):.3g} "
                terms.append(f"{'-' if weight < 0 else '+'} {factor}{columns[dropped].name}")
        return " ".join(terms)


def alias_structure(blocks: NDArray[np.float64], columns: Sequence[ModelColumn]) -> AliasStructure:
    """Go through the columns in order (main effects first) and keep each that the ones before do not span already.

    `blocks` [n, b] are columns that belong to the model in any case (one a seed). A dropped column is a combination of
    blocks and kept ones: its effect is added to theirs with these coefficients.
    """
    basis = blocks
    kept: list[int] = []
    mixed: dict[int, dict[int, float]] = {}
    for index, column in enumerate(columns):
        coefficients, *_ = np.linalg.lstsq(basis, column.values, rcond=None)
        rest = column.values - basis @ coefficients
        if np.linalg.norm(rest) > TOLERANCE * max(1.0, float(np.linalg.norm(column.values))):
            basis = np.column_stack([basis, column.values])
            kept.append(index)
        else:
            own = coefficients[blocks.shape[1] :]
            mixed[index] = {kept[i]: float(c) for i, c in enumerate(own) if abs(c) > TOLERANCE}
    return AliasStructure(tuple(kept), mixed)


def never_acts(factor: str, observations: Sequence[Observation]) -> bool:
    """Whether any two runs that differ in this factor alone are bit-identical, there being two such runs at least."""
    cells: dict[object, list[Observation]] = {}
    for one in observations:
        others = frozenset((name, level) for name, level in one.levels.items() if name != factor)
        cells.setdefault((others, one.seed), []).append(one)
    pairs = [pair for cell in cells.values() for pair in combinations(cell, 2) if _tells(*pair)]
    return bool(pairs) and all(a.run is not None and a.run == b.run for a, b in pairs)


def _tells(a: Observation, b: Observation) -> bool:
    """Two runs that both diverged tell nothing of each other."""
    return a.score is not None or b.score is not None
