"""The rule, case by case, and whole comparisons with their limits."""

import math
from dataclasses import replace

import pytest

from ablations.statistics import ArmScores, Comparison, Rule, compare_all
from ablations.statistics.verdict import Evidence, decide

RULE = Rule()
EVIDENCE = Evidence(
    effect=-0.3,
    p_score=0.5,
    p_divergence=None,
    p_adjusted=0.5,
    p_equivalence_adjusted=0.5,
    excess=0,
    seeds=10,
    p_seeds=1.0,
)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, "can't tell"),
        ({"p_adjusted": 0.04}, "helps"),
        ({"p_adjusted": 0.04, "effect": 0.3}, "hurts"),
        ({"p_adjusted": 0.06}, "can't tell"),
        ({"p_equivalence_adjusted": 0.04}, "no difference"),
        ({"p_equivalence_adjusted": 0.06}, "can't tell"),
        ({"p_adjusted": 0.04, "p_equivalence_adjusted": 0.04}, "helps"),
        ({"p_adjusted": math.nan, "p_score": math.nan, "p_equivalence_adjusted": math.nan}, "can't tell"),
        ({"p_adjusted": 0.04, "excess": 1}, "can't tell"),
        ({"p_adjusted": 0.04, "excess": 1, "p_seeds": 0.03}, "helps"),
        ({"p_adjusted": 0.04, "excess": 9, "p_seeds": 0.03, "p_divergence": 0.02, "p_score": 0.01}, "can't tell"),
        ({"p_adjusted": 0.04, "excess": -1}, "helps"),
        ({"p_adjusted": 0.04, "excess": -1, "effect": 0.3}, "can't tell"),
        ({"p_equivalence_adjusted": 0.04, "excess": 2}, "can't tell"),
        ({"p_equivalence_adjusted": 0.04, "excess": -1}, "no difference"),
        ({"p_adjusted": 0.04, "p_divergence": 0.01, "excess": 7}, "hurts"),
        ({"p_adjusted": 0.04, "p_divergence": 0.01, "excess": -7, "effect": 0.3}, "helps"),
        ({"p_adjusted": 0.04, "p_divergence": 0.01, "excess": 7, "p_score": math.nan}, "hurts"),
    ],
)
def test_the_rule(changes: dict[str, float], finding: str) -> None:
    assert decide(replace(EVIDENCE, **changes), RULE).finding == finding  # type: ignore[arg-type]


def test_for_an_inception_score_higher_is_better() -> None:
    assert decide(replace(EVIDENCE, p_adjusted=0.04), Rule(lower_is_better=False)).finding == "hurts"


def arms(ratio: float, seeds: int, wobble: float = 0.02) -> tuple[ArmScores, ArmScores]:
    """An arm whose log ratio to the baseline goes up and down by `wobble`."""
    baseline = ArmScores("baseline", {seed: 20.0 + seed for seed in range(seeds)})
    scores = {s: v * ratio * math.exp(wobble * (-1) ** s) for s, v in baseline.scores.items()}
    return ArmScores("arm", scores), baseline


def only(pair: tuple[ArmScores, ArmScores]) -> Comparison:
    (comparison,) = compare_all([pair], RULE)
    return comparison


def test_a_clear_effect() -> None:
    comparison = only(arms(0.7, 6))
    assert comparison.finding == "helps"
    assert comparison.shown.mean == pytest.approx(0.7)
    assert comparison.shown.low < 0.7 < comparison.shown.high < 1
    assert comparison.difference.mean == pytest.approx(-0.3 * 22.5, rel=0.02)
    assert comparison.contrast.p_sign_flip == 0.03125
    assert 1 < comparison.detectable < 1.05
    assert comparison.seeds_needed in (2, 3)


def test_no_difference_and_can_t_tell_are_two_things() -> None:
    assert only(arms(1.0, 6)).finding == "no difference"
    assert only(arms(1.0, 6, wobble=0.4)).finding == "can't tell"


def test_what_is_clear_alone_may_not_be_so_among_many() -> None:
    pair = arms(0.9, 4, wobble=0.035)
    nothing = arms(1.0, 4, wobble=0.4)
    alone, among = only(pair), compare_all([pair, *[nothing] * 9], RULE)[0]
    assert alone.finding == "helps"
    assert among.finding == "can't tell"
    assert among.p_adjusted == pytest.approx(10 * alone.p_adjusted)
    assert among.detectable > alone.detectable


def test_diverged_seeds_are_not_averaged_and_not_forgotten() -> None:
    arm, baseline = arms(0.7, 8)
    scores = {seed: score for seed, score in arm.scores.items() if seed > 2}
    comparison = only((ArmScores("arm", scores, frozenset({0, 1, 2})), baseline))
    assert comparison.shown.n == 5
    assert comparison.shown.mean == pytest.approx(0.7, rel=0.01)
    assert comparison.finding == "can't tell"
    assert "diverges in 3 seeds more" in comparison.reason


def test_an_arm_that_always_diverges_hurts() -> None:
    _, baseline = arms(1.0, 8)
    comparison = only((ArmScores("arm", {}, frozenset(range(8))), baseline))
    assert comparison.finding == "hurts"
    assert math.isnan(comparison.shown.mean)
    assert comparison.p_adjusted == pytest.approx(2 / 2**8)


def test_one_seed_can_tell_nothing() -> None:
    comparison = only(arms(0.5, 1))
    assert (comparison.finding, comparison.seeds_needed) == ("can't tell", None)
    assert comparison.shown.mean == pytest.approx(0.5 * math.exp(0.02))
    assert math.isnan(comparison.detectable)
