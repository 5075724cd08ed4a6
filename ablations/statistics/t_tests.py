"""Student's t of an estimate and its standard error: the one place for contrasts and for coefficients alike."""

import math

from scipy import special

ROUNDING = 1e-12  # a standard error below is none: results without any noise, as when a trick never acted


def two_sided_p(value: float, error: float, df: int) -> float:
    """p of a true value of 0. Without any noise 1 or 0; NaN if a number is missing."""
    if math.isnan(value) or math.isnan(error):
        return math.nan
    if error < ROUNDING:
        return float(abs(value) < ROUNDING)
    return 2 * float(special.stdtr(df, -abs(value) / error))


def equivalence_p(value: float, error: float, df: int, margin: float) -> float:
    """TOST (Schuirmann 1987) of a true value between -margin and margin: the larger p of two one-sided t tests."""
    if math.isnan(value) or math.isnan(error) or math.isnan(margin):
        return math.nan
    if error < ROUNDING:
        return float(abs(value) >= margin)
    return float(special.stdtr(df, (abs(value) - margin) / error))
