"""The expected best against all possible draws."""

import itertools
import math

import numpy as np
import pytest

from ablations.statistics import Rule, expected_best

RULE = Rule()


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_agrees_with_all_draws(k: int) -> None:
    scores = [24.0, 30.0, 22.0, 41.0, 22.0]
    expected = np.mean([min(draw) for draw in itertools.product(scores, repeat=k)])
    assert expected_best(scores, RULE)[k - 1].best == pytest.approx(float(expected))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_diverged_trial_is_a_draw_that_gives_nothing(k: int) -> None:
    scores = [24.0, None, 22.0, None]
    draws = [[s for s in draw if s is not None] for draw in itertools.product(scores, repeat=k)]
    result = expected_best(scores, RULE)[k - 1]
    assert result.best == pytest.approx(float(np.mean([min(draw) for draw in draws if draw])))
    assert result.nothing == pytest.approx(np.mean([not draw for draw in draws]))


def test_higher_is_better_is_the_mirror_image() -> None:
    scores = [1.0, 4.0, None, 2.5]
    lower = expected_best([None if s is None else -s for s in scores], RULE)
    higher = expected_best(scores, Rule(lower_is_better=False))
    for down, up in zip(lower, higher, strict=True):
        assert (up.best, up.low, up.high) == pytest.approx((-down.best, -down.high, -down.low))


def test_more_trials_are_better_and_the_interval_is_around() -> None:
    scores = np.random.default_rng(0).lognormal(3, 0.5, 30).tolist()
    curve = expected_best(scores, RULE, most=10)
    assert len(curve) == 10
    assert all(after.best < before.best for before, after in itertools.pairwise(curve))
    assert all(point.low <= point.best <= point.high for point in curve)
    assert curve == expected_best(scores, RULE, most=10)


def test_nothing_is_made_up() -> None:
    assert expected_best([], RULE) == ()
    (point,) = expected_best([None], RULE)
    assert (math.isnan(point.best), point.nothing) == (True, 1)
    (single,) = expected_best([3.0], RULE)
    assert (single.best, math.isnan(single.low)) == (3, True)
