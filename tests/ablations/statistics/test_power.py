"""Power against quadrature and statsmodels' own solver."""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.power import tt_solve_power

from ablations.statistics import Rule, prospect
from ablations.statistics.power import MOST_SEEDS, find_power, seeds_needed, smallest_detectable


@pytest.mark.parametrize(("n", "alpha", "size"), [(2, 0.05, 12), (3, 0.05 / 30, 18), (6, 0.05, 1.4), (20, 0.05, 0.7)])
def test_power_by_quadrature(n: int, alpha: float, size: float) -> None:
    critical = stats.t.ppf(1 - alpha / 2, n - 1)

    def density(spread: float) -> float:
        tail = stats.norm.sf(critical * spread / math.sqrt(n - 1) - size * math.sqrt(n))
        return float(tail * stats.chi.pdf(spread, n - 1))

    expected, _ = integrate.quad(density, 0, np.inf, limit=500)
    assert find_power(size, n, alpha) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [4, 8, 30])
def test_smallest_detectable_agrees_with_statsmodels(n: int) -> None:
    expected = 0.2 * float(tt_solve_power(nobs=n, alpha=0.05, power=0.8))
    assert smallest_detectable(n, 0.2, 0.05, 0.8) == pytest.approx(expected, rel=1e-3)


def test_edges() -> None:
    assert smallest_detectable(1, 0.2, 0.05, 0.8) == math.inf
    assert math.isnan(smallest_detectable(5, 0.0, 0.05, 0.8))  # of equal differences nothing can be known
    assert math.isnan(smallest_detectable(5, math.nan, 0.05, 0.8))
    assert seeds_needed(0.3, 0.0, 0.05, 0.8) is None
    assert seeds_needed(0.0, 0.2, 0.05, 0.8) is None
    assert seeds_needed(math.nan, 0.2, 0.05, 0.8) is None
    assert seeds_needed(0.001, 0.2, 0.05, 0.8) is None


@pytest.mark.parametrize("effect", [-1.0, 0.3, 0.1, 0.02])
def test_seeds_needed_are_enough_and_one_fewer_is_not(effect: float) -> None:
    n = seeds_needed(effect, 0.2, 0.05, 0.8)
    assert n is not None
    assert n <= MOST_SEEDS
    assert find_power(abs(effect) / 0.2, n, 0.05) >= 0.8
    assert n == 2 or find_power(abs(effect) / 0.2, n - 1, 0.05) < 0.8


def test_prospect_says_what_sign_flips_can_do_and_what_can_be_seen() -> None:
    five, six = (prospect(n, 1, Rule(), sd=0.15) for n in (5, 6))
    assert (five.smallest_sign_flip_p, five.sign_flips_can_answer) == (0.0625, False)
    assert (six.smallest_sign_flip_p, six.sign_flips_can_answer) == (0.03125, True)
    assert five.detectable is not None
    assert five.detectable_shown == pytest.approx(math.exp(five.detectable))
    assert prospect(5, 7, Rule(), sd=0.15).detectable > five.detectable  # type: ignore[operator]
    assert prospect(5, 7, Rule()).detectable is None
