"""Means, intervals and paired differences against numbers worked out elsewhere."""

import math

import numpy as np
import pytest
from scipy import stats

from ablations.statistics import estimate, paired_difference


def test_three_values_by_hand() -> None:
    result = estimate([1.0, 2.0, 3.0])
    t = 0.95 * math.sqrt(2 / (1 - 0.95**2))  # the closed form for 2 degrees of freedom: 4.3027
    half = t / math.sqrt(3)
    assert (result.n, result.mean, result.sd) == (3, 2.0, 1.0)
    assert result.low == pytest.approx(2 - half, rel=1e-12)
    assert result.high == pytest.approx(2 + half, rel=1e-12)


def test_agrees_with_scipy() -> None:
    values = np.random.default_rng(1).normal(20, 5, 8)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    result = estimate(values.tolist(), confidence=0.9)
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))


def test_a_95_percent_interval_holds_the_mean_95_times_in_100() -> None:
    samples = np.random.default_rng(2).normal(10, 3, (2000, 3))
    hits = sum(e.low <= 10 <= e.high for e in map(estimate, samples.tolist()))
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


def test_one_value_has_a_mean_and_no_interval() -> None:
    result = estimate([7.0])
    assert (result.n, result.mean) == (1, 7.0)
    assert all(map(math.isnan, (result.sd, result.low, result.high)))


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [1.0, math.inf]])
def test_no_number_is_made_up(values: list[float]) -> None:
    result = estimate(values)
    assert result.n == len(values)
    assert all(map(math.isnan, (result.mean, result.sd, result.low, result.high)))


def test_paired_by_seed_not_by_position() -> None:
    treated = {2: 12.0, 0: 10.0, 1: 21.0, 9: 0.0}
    baseline = {0: 11.0, 1: 20.5, 2: 14.0, 5: 99.0}
    expected = stats.ttest_rel([10.0, 21.0, 12.0], [11.0, 20.5, 14.0]).confidence_interval(0.95)
    result = paired_difference(treated, baseline)
    assert (result.n, result.mean) == (3, pytest.approx((-1 + 0.5 - 2) / 3))
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))


def test_pairing_takes_out_what_the_seed_does_to_both() -> None:
    baseline = {0: 10.0, 1: 50.0, 2: 90.0}
    treated = {0: 9.0, 1: 48.9, 2: 89.1}
    assert paired_difference(treated, baseline).high < 0
    assert estimate(list(treated.values())).high > estimate(list(baseline.values())).low


def test_no_common_seed_no_difference() -> None:
    result = paired_difference({0: 1.0}, {1: 1.0})
    assert result.n == 0
    assert math.isnan(result.mean)
