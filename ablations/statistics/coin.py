"""The exact test of a fair coin, which the sign test and McNemar's test both are."""

from scipy import special


def fair_coin_p(heads: int, tails: int) -> float:
    """Two-sided p of heads and tails being equally likely: 2 P(at most the rarer of both), 1 without a throw.

    The number of scipy's `binomtest` and of statsmodels' `mcnemar`, a hundred times faster.
    """
    return min(1.0, 2 * float(special.bdtr(min(heads, tails), heads + tails, 0.5))) if heads + tails else 1.0
