"""Holm's step-down adjustment over the comparisons of a study."""

import math
from collections.abc import Sequence

import numpy as np
from statsmodels.stats.multitest import multipletests


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values (Holm 1979), in the same order: compare them with alpha itself.

    Then no effect at all is claimed wrongly in at least 1 - alpha of the studies, however the tests hang together (all
    share a baseline). A NaN is a test that could not be made: it stays NaN and is not counted in the family.
    """
    made = [p for p in p_values if not math.isnan(p)]
    if not made:
        return tuple(p_values)
    adjusted = iter(multipletests(np.asarray(made), method="holm")[1].tolist())
    return tuple(p if math.isnan(p) else next(adjusted) for p in p_values)
