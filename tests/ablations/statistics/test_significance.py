"""Sign flips, Holm, effect size and divergence against enumeration, statsmodels and closed forms."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from ablations.statistics import ArmScores, divergence_of, estimate
from ablations.statistics.divergence import won_seeds_p
from ablations.statistics.estimate import hedges_g
from ablations.statistics.significance import fair_coin_p, seeds_for_sign_flip, sign_flip_p, smallest_sign_flip_p


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_sign_flips_agree_with_enumeration(n: int) -> None:
    values = np.random.default_rng(n).normal(0.5, 1, n)
    signs = np.array(list(itertools.product((-1, 1), repeat=n)))
    expected = (abs(signs @ values) >= abs(values.sum()) - 1e-12).mean()
    assert sign_flip_p(values.tolist()) == pytest.approx(expected)


def test_many_sign_flips_are_drawn_the_same_each_time() -> None:
    values = np.random.default_rng(3).normal(0.4, 1, 20).tolist()
    assert sign_flip_p(values) == sign_flip_p(values)
    assert sign_flip_p(values) == pytest.approx(float(stats.ttest_1samp(values, 0).pvalue), abs=0.02)


@pytest.mark.parametrize("n", [14, 60])
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_beyond_the_exact_test_it_is_the_number_of_scipy(n: int, shift: float) -> None:
    values = np.random.default_rng(n).normal(shift, 1.0, n)
    drawn = np.random.default_rng(0)
    theirs = stats.permutation_test((values,), np.mean, permutation_type="samples", vectorized=True, rng=drawn)
    assert sign_flip_p(values.tolist()) == theirs.pvalue


def test_five_seeds_cannot_reach_5_percent_and_six_can() -> None:
    one_sided = [1.0, 2.0, 1.5, 0.7, 1.1, 0.9]
    assert sign_flip_p(one_sided[:5]) == smallest_sign_flip_p(5) == 0.0625
    assert sign_flip_p(one_sided) == smallest_sign_flip_p(6) == 0.03125
    assert seeds_for_sign_flip(0.05) == 6
    assert (smallest_sign_flip_p(0), sign_flip_p([1.0])) == (1, 1)
    assert math.isnan(sign_flip_p([]))


def test_hedges_correction_takes_out_the_bias() -> None:
    samples = np.random.default_rng(4).normal(1.5, 1, (4000, 6))
    sizes = [hedges_g(estimate(sample)) for sample in samples.tolist()]
    raw = samples.mean(1) / samples.std(1, ddof=1)
    assert np.mean(sizes) == pytest.approx(1.5, abs=0.05)
    assert np.mean(raw) > 1.7


def test_hedges_correction_for_three_by_hand() -> None:
    assert hedges_g(estimate([1.0, 2.0, 3.0])) == pytest.approx(2 / math.sqrt(math.pi))  # J(2) = 1 / sqrt(pi)
    assert math.isnan(hedges_g(estimate([1.0, 2.0])))


@pytest.mark.parametrize(("heads", "tails"), [(0, 1), (0, 6), (3, 3), (9, 2), (1, 19)])
def test_a_fair_coin_agrees_with_scipy_and_statsmodels(heads: int, tails: int) -> None:
    table = np.array([[4, heads], [tails, 3]])
    assert fair_coin_p(heads, tails) == pytest.approx(float(stats.binomtest(heads, heads + tails).pvalue))
    assert fair_coin_p(heads, tails) == pytest.approx(float(mcnemar(table, exact=True).pvalue))


def test_divergence_is_counted_over_the_seeds_that_both_ended() -> None:
    arm = ArmScores("arm", {0: 1.0, 5: 1.0}, frozenset({1, 2, 3, 9}))
    baseline = ArmScores("baseline", {0: 1.0, 1: 1.0, 2: 1.0}, frozenset({3, 5, 7}))
    divergence = divergence_of(arm, baseline)
    assert (divergence.seeds, divergence.both, divergence.only_arm, divergence.only_baseline) == (5, 1, 2, 1)
    assert divergence.excess == 1
    assert divergence.p == pytest.approx(float(stats.binomtest(2, 3).pvalue))


@pytest.mark.parametrize(("diverged", "can"), [(5, False), (6, True)])
def test_divergence_can_answer_from_six_seeds_on(diverged: int, can: bool) -> None:
    arm = ArmScores("arm", {}, frozenset(range(diverged)))
    divergence = divergence_of(arm, ArmScores("baseline", dict.fromkeys(range(diverged), 1.0)))
    assert divergence.p == pytest.approx(2 / 2**diverged)
    assert divergence.can_answer(0.05) is can


def test_a_diverged_seed_is_a_lost_one() -> None:
    arm = ArmScores("arm", dict.fromkeys(range(1, 9), 1.0), frozenset({0}))
    divergence = divergence_of(arm, ArmScores("baseline", dict.fromkeys(range(9), 2.0)))
    assert won_seeds_p([-1.0] * 8, divergence) == pytest.approx(2 * (1 + 9) / 2**9)


def test_who_loses_most_seeds_by_diverging_has_not_won() -> None:
    arm = ArmScores("arm", {0: 1.0, 1: 1.0}, frozenset(range(2, 20)))
    divergence = divergence_of(arm, ArmScores("baseline", dict.fromkeys(range(20), 2.0)))
    assert won_seeds_p([-1.0, -1.0], divergence) == 1
