"""Power against quadrature and statsmodels' own solver."""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats.power import tt_solve_power

from ablations.statistics import Rule, prospect
from ablations.statistics.power import MOST_SEEDS, detectable_errors, find_power, seeds_needed, smallest_detectable


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


@pytest.mark.parametrize(("df", "alpha"), [(1, 0.05 / 6), (1, 0.05 / 210), (2, 0.05 / 30), (14, 0.05 / 7)])
def test_few_degrees_of_freedom_by_simulation(df: int, alpha: float) -> None:
    rng, n = np.random.default_rng(df), 400_000
    drawn = (rng.standard_normal(n) + detectable_errors(df, alpha, 0.8)) / np.sqrt(rng.chisquare(df, n) / df)
    assert np.mean(drawn > stats.t.isf(alpha / 2, df)) == pytest.approx(0.8, abs=0.003)
    assert detectable_errors(0, alpha, 0.8) == math.inf


def test_a_look_has_its_share_of_alpha() -> None:
    """A quarter of alpha for seven comparisons is alpha for 28; sign flips have to go below that share too."""
    look, whole = prospect(6, 7, Rule(), sd=0.2, share=0.25), prospect(6, 28, Rule(), sd=0.2)
    assert look.detectable == pytest.approx(whole.detectable)
    assert (look.alpha, look.sign_flips_can_answer) == (0.0125, False)


def test_borrowed_degrees_of_freedom_by_simulation() -> None:
    """Five pairs borrow, so their spread has eight degrees of freedom; one comparison, or four pairs, do not."""
    shown = prospect(5, 7, Rule(), sd=0.2, borrowed=4).detectable
    assert shown is not None
    rng, n = np.random.default_rng(2), 400_000
    means = shown + 0.2 * rng.standard_normal(n) / math.sqrt(5)
    drawn = means / (0.2 * np.sqrt(rng.chisquare(8, n) / 8) / math.sqrt(5))
    assert np.mean(drawn > stats.t.isf(0.05 / 7 / 2, 8)) == pytest.approx(0.8, abs=0.003)
    for n, comparisons in ((4, 7), (5, 1)):
        alone = prospect(n, comparisons, Rule(), sd=0.2)
        assert prospect(n, comparisons, Rule(), sd=0.2, borrowed=4) == alone
