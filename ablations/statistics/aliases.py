"""Which effects a design can tell apart, and which it cannot: nothing is dropped without a word."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablations.statistics.factor_columns import Column

MEAN = "mean"
TOLERANCE = 1e-8


@dataclass(frozen=True)
class AliasStructure:
    """Columns that are estimated, and for each of the others what it is mixed up with."""

    kept: tuple[int, ...]
    mixed: dict[int, dict[int, float]]  # dropped -> {kept: coefficient}; empty: with the mean (or the seeds) alone

    def expression(self, kept: int, columns: Sequence[Column]) -> str:
        """What the estimate of a kept column really is, such as 'A + 0.5 B:C'."""
        terms = [columns[kept].name]
        for dropped, coefficients in self.mixed.items():
            if kept in coefficients:
                weight = coefficients[kept]
                factor = "" if abs(abs(weight) - 1) < TOLERANCE else f"{abs(weight):.3g} "
                terms.append(f"{'-' if weight < 0 else '+'} {factor}{columns[dropped].name}")
        return " ".join(terms)


def alias_structure(blocks: NDArray[np.float64], columns: Sequence[Column]) -> AliasStructure:
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
