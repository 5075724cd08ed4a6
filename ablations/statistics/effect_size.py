"""A standardised effect: how many standard deviations of the differences the mean difference is."""

import math

from scipy import special

from ablations.statistics.estimate import Estimate


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
