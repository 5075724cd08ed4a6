"""Contrasts against scipy's and statsmodels' paired tests, and by hand."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from ablations.statistics import ArmScores, Rule, contrast_of

RULE = Rule()
ARM = ArmScores("arm", {0: 20.0, 1: 26.0, 2: 19.0, 3: 30.0, 9: 5.0})
BASELINE = ArmScores("baseline", {3: 33.0, 2: 25.0, 1: 24.0, 0: 28.0, 4: 1.0}, frozenset({9}))
SEEDS = (0, 1, 2, 3)
PAIR = ((1.0, ARM), (-1.0, BASELINE))


def test_two_arms_agree_with_scipy_s_paired_test_on_logarithms() -> None:
    a, b = ([math.log(arm.scores[seed]) for seed in SEEDS] for arm in (ARM, BASELINE))
    expected = stats.ttest_rel(a, b)
    interval = expected.confidence_interval(0.95)
    contrast = contrast_of(PAIR, BASELINE, RULE)
    assert contrast.seeds == SEEDS
    assert contrast.p == pytest.approx(float(expected.pvalue), rel=1e-9)
    assert (contrast.effect.low, contrast.effect.high) == pytest.approx((interval.low, interval.high))


def test_equivalence_agrees_with_statsmodels() -> None:
    a, b = (np.log([arm.scores[seed] for seed in SEEDS]) for arm in (ARM, BASELINE))
    for margin in (0.05, 0.3, 0.9):
        bound = math.log(1 + margin)
        contrast = contrast_of(PAIR, BASELINE, Rule(margin=margin))
        doubled = min(1.0, 2 * float(ttost_paired(a, b, -bound, bound)[0]))  # of the two-sided interval
        assert contrast.p_equivalence == pytest.approx(doubled, rel=1e-9)


def test_on_the_plain_scale_effects_and_margin_have_the_metric_s_units() -> None:
    contrast = contrast_of(PAIR, BASELINE, Rule(scale="plain"))
    assert contrast.effect.mean == pytest.approx((-8 + 2 - 6 - 3) / 4)
    assert contrast.margin == pytest.approx(0.1 * (33 + 25 + 24 + 28) / 4)


def test_interaction_is_how_much_one_trick_changes_the_other_s_ratio() -> None:
    neither, a = ArmScores("0", {0: 40.0, 1: 20.0}), ArmScores("a", {0: 20.0, 1: 10.0})
    b, both = ArmScores("b", {0: 30.0, 1: 15.0}), ArmScores("ab", {0: 30.0, 1: 15.0})
    contrast = contrast_of(((1, both), (-1, a), (-1, b), (1, neither)), neither, RULE)
    assert math.exp(contrast.effect.mean) == pytest.approx(2)  # alone a halves; with b it changes nothing


def test_equal_differences_have_no_spread_to_test_by() -> None:
    """Sign flips answer: 2 / 2^n at best, and n coins for equivalence; whatever the scale and the last digit."""
    same = contrast_of(((1.0, BASELINE), (-1.0, BASELINE)), BASELINE, RULE)
    assert (same.p, same.p_equivalence) == (1, 2 * 0.5 ** len(BASELINE.scores))
    precision = Rule(scale="plain", lower_is_better=False)
    for step, size in ((0.001, 1.0), (100.0, 1e6)):
        base = ArmScores("base", {0: 0.3 * size, 1: 0.5 * size})
        arm = ArmScores("arm", {0: 0.3 * size + step, 1: 0.5 * size + step})
        contrast = contrast_of(((1.0, arm), (-1.0, base)), base, precision)
        assert contrast.is_flat
        assert (contrast.p, contrast.p_equivalence) == (0.5, 0.5)
        assert (contrast.effect.sd, math.isnan(contrast.effect.low), math.isnan(contrast.size)) == (0, True, True)
    six = {seed: 0.1 * seed for seed in range(6)}
    arm, base = ArmScores("arm", {seed: value + 0.3 for seed, value in six.items()}), ArmScores("base", six)
    contrast = contrast_of(((1.0, arm), (-1.0, base)), base, precision)
    assert (contrast.p, contrast.p_equivalence) == (2 / 2**6, 1)  # further apart than a tenth of the baseline


@pytest.mark.parametrize("scores", [{}, {0: 20.0}])
def test_too_few_seeds_have_no_p(scores: dict[int, float]) -> None:
    contrast = contrast_of(((1.0, ArmScores("arm", scores)), (-1.0, BASELINE)), BASELINE, RULE)
    assert math.isnan(contrast.p)
    assert math.isnan(contrast.p_equivalence)


@pytest.mark.parametrize(("score", "scale"), [(0.0, "log"), (-1.0, "log"), (math.nan, "plain"), (math.inf, "plain")])
def test_no_sentinel_gets_in(score: float, scale: str) -> None:
    arm = ArmScores("arm", {0: score})
    with pytest.raises(ValueError, match=r"logarithm|no score"):
        contrast_of(((1.0, arm), (-1.0, BASELINE)), BASELINE, Rule.model_validate({"scale": scale}))


def test_a_seed_has_a_score_or_has_diverged() -> None:
    with pytest.raises(ValueError, match=r"seeds \[1\] of 'arm'"):
        ArmScores("arm", {1: 2.0}, frozenset({1}))
