"""Design and claims are one family: what is asked twice counts once, and every question shares alpha."""

import math

import numpy as np
import pytest

from ablations.leaderboard.claims.answers import claims_evidence
from ablations.leaderboard.design_effects import PairedEffects, pair_question
from ablations.leaderboard.questions import Inquiry, Question
from ablations.leaderboard.rows import arm_scores
from ablations.statistics import ArmScores, Looks, Rule
from ablations.study.claims.records import Claim, ClaimedEffect, OfArms, OfEffects
from tests.ablations.leaderboard.claims.made_results import results

RULE = Rule(borrow=0)  # more pairs would change what is borrowed
SEEDS = range(6)


def fids(ratio: float, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    return [20 * ratio * math.exp(0.05 * rng.standard_normal()) for _ in SEEDS]


TRIALS = {
    name: results(name, fids(ratio, i)) for i, (name, ratio) in enumerate({"baseline": 1, "a": 0.9, "b": 1}.items())
}
ARMS: dict[str, ArmScores] = {name: arm_scores(own, "best") for name, own in TRIALS.items()}
DESIGN = PairedEffects(
    "each arm", "arm", RULE, "baseline", {name: (ARMS[name], ARMS["baseline"]) for name in ("a", "b")}
)


def claim(test: OfArms | OfEffects, name: str) -> Claim:
    return Claim(name=name, statement="s", source="t", comparison="as written", relation="<", test=test)


def asked(*claims: Claim) -> Inquiry:
    found = claims_evidence(claims, [trial for own in TRIALS.values() for trial in own], RULE, "best")
    questions: list[Question] = [*DESIGN.questions, *(one.question for one in found if one.question is not None)]
    return Inquiry(questions, Looks.declared([len(SEEDS)]), SEEDS, {name: set(SEEDS) for name in ARMS}, RULE)


def test_a_claim_that_repeats_a_comparison_asks_nothing_more() -> None:
    alone = asked()
    assert alone.tested == 2
    assert asked(claim(OfArms(left="a", right="baseline"), "x")).tested == 2
    assert asked(claim(OfArms(left="baseline", right="a"), "x")).tested == 2  # the other way round
    more = asked(claim(OfArms(left="a", right="b"), "x"))
    assert more.tested == 3
    question = pair_question((ARMS["a"], ARMS["baseline"]), RULE)
    before, after = alone.judged(question).last, more.judged(question).last
    assert before is not None
    assert after is not None
    assert after.p >= before.p
    assert after.level >= before.level


def test_an_interaction_is_one_more_question_and_borrows_nothing() -> None:
    effect = OfEffects(
        left=ClaimedEffect(with_it="a", without_it="baseline"), right=ClaimedEffect(with_it="b", without_it="baseline")
    )
    assert asked(claim(effect, "x")).tested == 3


def test_asked_the_other_way_round_the_answer_is_mirrored() -> None:
    inquiry = asked()
    forth, back = ((ARMS["a"], ARMS["baseline"]), (ARMS["baseline"], ARMS["a"]))
    one, other = (inquiry.judged(pair_question(pair, RULE)).last for pair in (forth, back))
    assert one is not None
    assert other is not None
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert inquiry.pair_of(pair_question(back, RULE)).contrast.effect.mean == pytest.approx(-one.measured.value)


def test_arms_without_the_seeds_of_a_look_keep_it_from_being_taken() -> None:
    ended = {"baseline": set(SEEDS), "a": set(SEEDS), "b": set(range(5))}
    inquiry = Inquiry(DESIGN.questions, Looks.declared([3, 6]), SEEDS, ended, RULE)
    assert (inquiry.taken, inquiry.next_seeds) == (1, 6)
    assert inquiry.waits_for == (1 if "b" in inquiry.going_on else 0)
