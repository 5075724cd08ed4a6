"""Claims about arms, effects and interactions; and the pairs that answer for a trick in each design."""

import math

import pytest

from ablations.statistics import (
    ArmScores,
    Contrast,
    LookResult,
    Rule,
    answer_comparison,
    answer_effect,
    compare_all,
    contrast_of,
)
from ablations.statistics.claims import Relation
from ablations.statistics.comparison import judge_once, ladder, measured_contrast, one_in, one_out

RULE = Rule()


def arm(name: str, ratio: float, wobble: float = 0.01, seeds: int = 6) -> ArmScores:
    return ArmScores(name, {s: 20.0 * (1 + 0.1 * s) * ratio * math.exp(wobble * (-1) ** s) for s in range(seeds)})


BASELINE = arm("baseline", 1.0, wobble=0.0)


@pytest.mark.parametrize(
    ("ratio", "wobble", "relation", "outcome"),
    [
        (0.7, 0.01, "<", "supported"),
        (0.7, 0.01, ">", "refuted"),
        (0.7, 0.01, "=", "refuted"),
        (1.4, 0.01, "<", "refuted"),
        (1.4, 0.01, ">", "supported"),
        (1.0, 0.01, "=", "supported"),
        (1.0, 0.01, "<", "can't tell"),  # no difference larger than the margin: a small one has a sign too
        (0.95, 0.01, ">", "refuted"),  # a small one to the other side
        (1.12, 0.02, "=", "can't tell"),  # certain, and neither within the margin nor beyond it
        (0.96, 0.01, "=", "supported"),  # certain, and smaller than the margin
        (0.96, 0.01, "<", "supported"),
        (0.9, 0.4, "<", "can't tell"),
        (0.9, 0.4, "=", "can't tell"),
    ],
)
def test_arms(ratio: float, wobble: float, relation: Relation, outcome: str) -> None:
    (comparison,) = compare_all([(arm("arm", ratio, wobble), BASELINE)], RULE)
    assert answer_comparison(comparison, relation, RULE).outcome == outcome


def test_of_a_score_that_is_better_when_higher() -> None:
    rule = Rule(lower_is_better=False)
    (comparison,) = compare_all([(arm("arm", 1.4), BASELINE)], rule)
    assert comparison.finding == "helps"
    assert answer_comparison(comparison, ">", rule).outcome == "supported"


def test_divergence_alone_refutes_that_all_is_equal() -> None:
    wild = ArmScores("wild", {}, frozenset(range(6)))
    (comparison,) = compare_all([(wild, BASELINE)], RULE)
    assert answer_comparison(comparison, "=", RULE).outcome == "refuted"


def once(contrast: Contrast) -> LookResult:
    (judged,) = judge_once([measured_contrast(contrast, RULE)], RULE)
    assert judged.last is not None
    return judged.last


@pytest.mark.parametrize(
    ("both", "relation", "outcome"),
    [(0.72, "=", "supported"), (0.5, "<", "supported"), (0.5, "=", "refuted"), (0.9, "<", "refuted")],
)
def test_interactions(both: float, relation: Relation, outcome: str) -> None:
    terms = ((1, arm("ab", both)), (-1, arm("a", 0.8, 0.02)), (-1, arm("b", 0.9)), (1, BASELINE))  # 0.8 0.9 = 0.72
    contrast = contrast_of(terms, BASELINE, RULE)
    answer = answer_effect(once(contrast), relation, RULE)
    assert answer.outcome == outcome


def test_too_few_seeds() -> None:
    contrast = contrast_of(((1, arm("a", 0.5, seeds=1)), (-1, BASELINE)), BASELINE, RULE)
    answer = answer_effect(once(contrast), "<", RULE)
    assert answer.outcome == "can't tell"


def test_a_trick_s_presence_below_one_helps_in_every_design() -> None:
    a, b, ab = arm("a", 0.5), arm("b", 0.8, 0.02), arm("ab", 0.4, 0.03)
    pairs = [
        one_in(BASELINE, {"a": a})["a"],
        one_out(ab, {"a": b})["a"],
        ladder({"b": b, "a": ab}, BASELINE)["a"],
    ]
    assert [pair[1].name for pair in pairs] == ["baseline", "b", "b"]
    for comparison in compare_all(pairs, RULE):
        assert comparison.shown.mean == pytest.approx(0.5, rel=0.02)
        assert comparison.finding == "helps"
