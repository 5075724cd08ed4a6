"""Guards: the loss against its margin, by scipy's t test; how often a false statement is made of planted losses."""

import math

import numpy as np
import pytest
from scipy import stats

from ablations.statistics import ArmScores, Looks, Rule
from ablations.statistics.comparison import measured_contrast
from ablations.statistics.family import Family
from ablations.statistics.guard import Limit, difference_of, excess_of_pairs, finding_of, guard_rule

RULE = Rule()
BASE = (0.50, 0.54, 0.47, 0.52, 0.49, 0.53)
ARM = (0.41, 0.43, 0.40, 0.42, 0.38, 0.44)


def scores(name: str, values: tuple[float, ...]) -> ArmScores:
    return ArmScores(name, dict(enumerate(values)), frozenset(), {})


@pytest.mark.parametrize("higher_is_better", [True, False])
@pytest.mark.parametrize("margin", [0.02, 0.095, 0.3])
def test_by_scipy(higher_is_better: bool, margin: float) -> None:
    limit = Limit(margin, higher_is_better)
    pair = scores("a", ARM), scores("b", BASE)
    (contrast,) = excess_of_pairs([pair], limit, RULE)
    differences = np.array(ARM) - BASE
    loss = -differences if higher_is_better else differences
    by_scipy = stats.ttest_1samp(loss, margin)
    assert contrast.p == pytest.approx(float(by_scipy.pvalue), rel=1e-9)
    family = Family(1, Looks(counts=(6,), shares=(1.0,)), RULE)
    family.take(0, [measured_contrast(contrast, guard_rule(RULE))])
    result = family.judged[0].last
    assert result is not None
    expected = "can't tell"
    if by_scipy.pvalue <= 0.05:
        expected = "hurts" if loss.mean() > margin else "within the margin"
    assert finding_of(result) == expected
    shown, interval = difference_of(result, limit), stats.ttest_1samp(differences, 0).confidence_interval()
    assert (shown.mean, shown.low, shown.high) == pytest.approx((differences.mean(), interval.low, interval.high))


def test_the_statement_and_the_interval_agree() -> None:
    """Hurt where the whole interval of arm minus baseline lies below -margin."""
    for margin, expected in ((0.05, "hurts"), (0.15, "within the margin"), (0.0985, "can't tell")):
        (contrast,) = excess_of_pairs([(scores("a", ARM), scores("b", BASE))], Limit(margin, True), RULE)
        family = Family(1, Looks(counts=(6,), shares=(1.0,)), RULE)
        family.take(0, [measured_contrast(contrast, guard_rule(RULE))])
        result = family.judged[0].last
        assert result is not None
        shown = difference_of(result, Limit(margin, True))
        said = "hurts" if shown.high < -margin else "within the margin" if shown.low > -margin else "can't tell"
        assert finding_of(result) == said == expected


def test_one_run_under_two_names_is_not_tested() -> None:
    runs = {seed: f"r{seed}" for seed in range(6)}
    same = [ArmScores(name, dict(enumerate(BASE)), frozenset(), runs) for name in "ab"]
    (contrast,) = excess_of_pairs([(same[0], same[1])], Limit(0.05, True), RULE)
    assert not contrast.is_tested
    assert math.isnan(contrast.p)


def share_of_false_statements(loss: float, limit: Limit, studies: int, arms: int = 4) -> tuple[float, float]:
    """Of studies of so many arms that all lose `loss`, looked at with 5 and 8 seeds: the shares in which any arm is
    said to hurt, and in which any is said to stay within the margin.
    """
    rng = np.random.default_rng(7)
    looks = Looks.declared([5, 8])
    hurt = within = 0
    for _ in range(studies):
        seeds_own = rng.normal(0.5, 0.02, 8)
        base = seeds_own + rng.normal(0, 0.03, 8)
        others = [seeds_own - loss + rng.normal(0, 0.03 * (1 + k), 8) for k in range(arms)]
        family = Family(arms, looks, RULE)
        for look, count in enumerate(looks.counts):
            pairs = [
                (scores(str(k), tuple(one[:count])), scores("base", tuple(base[:count])))
                for k, one in enumerate(others)
            ]
            found = excess_of_pairs(pairs, limit, RULE)
            family.take(look, [measured_contrast(one, guard_rule(RULE)) for one in found])
        said = {finding_of(judged.last) for judged in family.judged if judged.last is not None}
        hurt, within = hurt + ("hurts" in said), within + ("within the margin" in said)
    return hurt / studies, within / studies


def test_at_the_margin_at_most_one_study_in_twenty_says_anything() -> None:
    """The worst case: a loss of just the margin. Binomial error of 400 studies at 5 %: 1.1 %."""
    hurt, within = share_of_false_statements(0.05, Limit(0.05, True), 400)
    assert hurt <= 0.05 + 0.02
    assert within <= 0.05 + 0.02


def test_large_losses_are_seen_and_none_is_cleared() -> None:
    hurt, _ = share_of_false_statements(0.3, Limit(0.05, True), 40)
    assert hurt == 1
    hurt, within = share_of_false_statements(0.0, Limit(0.3, True), 40)
    assert (hurt, within) == (0, 1)
