"""The expected best against all possible subsets, and against the truth."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from ablations.statistics import Rule, expected_best
from ablations.statistics.expected_best import _weights

RULE = Rule()


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_agrees_with_all_subsets(k: int) -> None:
    scores = [24.0, 30.0, 22.0, 41.0, 22.0]
    expected = np.mean([min(subset) for subset in itertools.combinations(scores, k)])
    assert expected_best(scores, RULE)[k - 1].best == pytest.approx(float(expected))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_a_diverged_trial_is_a_draw_that_gives_nothing(k: int) -> None:
    scores = [24.0, None, 22.0, None]
    subsets = [[s for s in subset if s is not None] for subset in itertools.combinations(scores, k)]
    result = expected_best(scores, RULE)[k - 1]
    assert result.best == pytest.approx(float(np.mean([min(subset) for subset in subsets if subset])))
    assert result.nothing == pytest.approx(np.mean([not subset for subset in subsets]))


@pytest.mark.parametrize("n", [2, 10])
def test_no_bias_with_as_many_trials_as_there_are(n: int) -> None:
    """The mean over searches against the true mean of the best of n. With replacement it is over 10 % more."""
    rng = np.random.default_rng(n)
    ends = [expected_best(rng.lognormal(3, 0.5, n).tolist(), RULE)[-1].best for _ in range(400)]
    truth = rng.lognormal(3, 0.5, (100_000, n)).min(axis=1).mean()
    error = np.std(ends) / math.sqrt(len(ends)) / truth
    assert error < 0.025
    assert abs(np.mean(ends) / truth - 1) < 3 * error


def test_thousands_of_trials() -> None:
    """The shares against whole numbers, which never overflow, and the sum of all."""
    n, sizes = 3000, np.array([1, 2, 1500, 2999, 3000])
    weights = _weights(n, sizes)
    assert weights.sum(axis=0) == pytest.approx(np.ones(len(sizes)), rel=1e-9)
    for column, k in enumerate(sizes.tolist()):
        for rank in (1, 2, 700, 3000):
            exact = Fraction(math.comb(n - rank, k - 1), math.comb(n, k))
            assert weights[rank - 1, column] == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_higher_is_better_is_the_mirror_image() -> None:
    scores = [1.0, 4.0, None, 2.5]
    lower = expected_best([None if s is None else -s for s in scores], Rule(scale="plain"))
    higher = expected_best(scores, Rule(scale="plain", lower_is_better=False))
    for down, up in zip(lower, higher, strict=True):
        assert (up.best, up.low, up.high) == pytest.approx((-down.best, -down.high, -down.low))


def test_on_the_logarithm_higher_is_better_is_one_over() -> None:
    """At k = n the best is the best trial, whatever the scale, so the whole interval turns over."""
    scores = np.random.default_rng(3).lognormal(1, 0.5, 12)
    lower = expected_best((1 / scores).tolist(), RULE)[-1]
    higher = expected_best(scores.tolist(), Rule(lower_is_better=False))[-1]
    assert higher.best == pytest.approx(1 / lower.best) == max(scores)
    assert higher.low < higher.best < higher.high


def test_more_trials_are_better_and_the_interval_is_around() -> None:
    scores = np.random.default_rng(0).lognormal(3, 0.5, 30).tolist()
    curve = expected_best(scores, RULE, most=10)
    assert len(curve) == 10
    assert all(after.best < before.best for before, after in itertools.pairwise(curve))
    assert all(point.low <= point.best <= point.high for point in curve)
    assert curve == expected_best(scores, RULE, most=10)
    assert len(expected_best(scores, RULE, most=40)) == 30  # no subset has more


def test_the_interval_reaches_beyond_the_best_trial_seen() -> None:
    """Of stated 95 % 89 where k = n = 10; the percentile bootstrap alone, which ends at the best trial: 55."""
    rng = np.random.default_rng(5)
    truth = rng.lognormal(3, 0.5, (100_000, 10)).min(axis=1).mean()
    ends = [expected_best(rng.lognormal(3, 0.5, 10).tolist(), RULE)[-1] for _ in range(200)]
    assert np.mean([end.low <= truth <= end.high for end in ends]) > 0.8


def test_nothing_is_made_up() -> None:
    assert expected_best([], RULE) == ()
    (point,) = expected_best([None], RULE)
    assert (math.isnan(point.best), point.nothing) == (True, 1)
    (single,) = expected_best([3.0], RULE)
    assert (single.best, math.isnan(single.low)) == (3, True)
