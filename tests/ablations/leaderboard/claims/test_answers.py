"""Answers to claims from hand-made scores, against scipy's tests."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ablations.leaderboard.claims.answers import claims_evidence
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.leaderboard.questions import Inquiry
from ablations.results.results import Result
from ablations.statistics import Looks, Relation, Rule
from ablations.study.claims.records import Claim, ClaimedEffect, OfArms, OfEffects, OfFactors, OfGenerators, Test
from tests.ablations.leaderboard.claims.made_results import result, results

BASE = (30.0, 36.0, 27.0, 33.0, 31.0, 29.0)
GOOD = tuple(fid * ratio for fid, ratio in zip(BASE, (0.7, 0.72, 0.69, 0.71, 0.7, 0.68), strict=True))
SAME = tuple(fid * ratio for fid, ratio in zip(BASE, (1.0, 1.01, 0.99, 1.01, 1.0, 0.99), strict=True))
WILD = tuple(fid * ratio for fid, ratio in zip(BASE, (0.5, 1.6, 1.0, 0.7, 1.4, 0.9), strict=True))
RULE = Rule()


def claim(test: Test | None, relation: Relation | None = "<", metric: str = "fid", name: str = "c") -> Claim:
    words = "as written" if test is not None else ""
    why = "" if test is not None else "because"
    return Claim(
        name=name, statement="s", source="t", comparison=words, metric=metric, relation=relation, test=test,
        not_tested=why,
    )  # fmt: skip


def answer(trials: list[Result], *claims: Claim, rule: Rule = RULE) -> tuple[AnsweredClaim, ...]:
    """By one look at all runs, with all of alpha."""
    found = claims_evidence(claims, trials, rule, "best")
    seeds = sorted({trial.seed for trial in trials})
    ended: dict[str, set[int]] = {trial.arm: set(seeds) for trial in trials}
    asked = [one.question for one in found if one.question is not None]
    inquiry = Inquiry(asked, Looks.declared([len(seeds)]), seeds, ended, rule)
    return tuple(one.answer(inquiry) for one in found)


ARMS = [*results("baseline", BASE), *results("good", GOOD), *results("same", SAME), *results("wild", WILD)]


@pytest.mark.parametrize(
    ("left", "right", "relation", "outcome"),
    [
        ("good", "baseline", "<", "supported"),
        ("baseline", "good", ">", "supported"),
        ("good", "baseline", ">", "refuted"),
        ("good", "baseline", "=", "refuted"),
        ("same", "baseline", "=", "supported"),
        ("same", "baseline", "<", "can't tell"),  # a small effect has a sign too
        ("wild", "baseline", "<", "can't tell"),
        ("wild", "baseline", "=", "can't tell"),
        ("absent", "baseline", "<", "can't tell"),
    ],
)
def test_arms(left: str, right: str, relation: Relation, outcome: str) -> None:
    (answered,) = answer(ARMS, claim(OfArms(left=left, right=right), relation))
    assert answered.outcome == outcome
    assert answered.reason


def test_the_numbers_are_those_of_a_paired_t_test_adjusted_over_the_claims() -> None:
    tests = [OfArms(left=arm, right="baseline") for arm in ("good", "wild")]
    own_spreads = Rule(borrow=0)
    good, wild, left_out = answer(ARMS, *(claim(test) for test in tests), claim(None, None), rule=own_spreads)
    logs = [np.log(np.divide(fids, BASE)) for fids in (GOOD, WILD)]
    p = [float(stats.ttest_1samp(log, 0).pvalue) for log in logs]
    # two questions (what was not tested counts for nothing), and the difference that is shown frees half a part for the
    # other one
    assert good.p_adjusted == pytest.approx(2 * p[0])
    assert wild.p_adjusted == pytest.approx(min(1, 1.5 * p[1]))
    interval = stats.ttest_1samp(logs[0], 0).confidence_interval(1 - 0.05 / 2)
    assert good.seen is not None
    shown = good.seen.shown
    assert (shown.n, shown.mean) == (6, pytest.approx(math.exp(logs[0].mean())))
    assert (shown.low, shown.high) == pytest.approx((math.exp(interval.low), math.exp(interval.high)))
    assert good.seen.by_seed == pytest.approx(dict(enumerate(np.divide(GOOD, BASE))))
    assert good.seen.none == pytest.approx((1 / 1.1, 1.1))
    assert (left_out.outcome, left_out.reason, left_out.seen) == ("not tested", "because", None)
    assert math.isnan(left_out.p_adjusted)


def test_many_claims_ask_for_more_evidence() -> None:
    hint = tuple(fid * ratio for fid, ratio in zip(BASE, (0.7, 0.9, 0.8, 0.95, 0.75, 0.97), strict=True))
    trials = [*ARMS, *results("hint", hint)]
    one, noise = claim(OfArms(left="hint", right="baseline")), claim(OfArms(left="wild", right="baseline"))
    assert answer(trials, one)[0].outcome == "supported"
    assert answer(trials, one, *[noise] * 9)[0].outcome == "can't tell"


def test_the_study_s_rule_holds() -> None:
    less = results("less", [fid * (0.95 + 0.001 * (-1) ** seed) for seed, fid in enumerate(BASE)])
    equal = claim(OfArms(left="less", right="baseline"), "=")
    assert answer([*ARMS, *less], equal)[0].outcome == "supported"
    assert answer([*ARMS, *less], equal, rule=Rule(margin=0.02))[0].outcome == "refuted"


def test_a_metric_that_may_be_negative_is_compared_by_differences() -> None:
    trials = [result("baseline", seed, 30.0, kid=0.02) for seed in range(6)]
    trials += [result("good", seed, 30.0, kid=-0.001 + 0.001 * seed) for seed in range(6)]
    (answered,) = answer(trials, claim(OfArms(left="good", right="baseline"), "<", "kid"))
    assert answered.outcome == "supported"
    assert answered.rule.scale == "plain"
    assert answered.seen is not None
    assert answered.seen.shown.mean == pytest.approx(-0.001 + 0.0025 - 0.02)


def test_diverged_runs_don_t_leave_the_survivors_to_answer() -> None:
    lossy = [fid if seed < 3 else None for seed, fid in enumerate(GOOD)]
    trials = [*results("baseline", BASE), *results("lossy", lossy)]
    (answered,) = answer(trials, claim(OfArms(left="lossy", right="baseline")))
    assert answered.outcome == "can't tell"
    assert answered.notes == ("diverged: 3 against 0 of 6",)


@pytest.mark.parametrize(
    ("wrong", "relation", "outcome"),
    [(7, ">", "supported"), (7, "<", "refuted"), (4, ">", "can't tell"), (0, ">", "can't tell")],
)
def test_counts(wrong: int, relation: Relation, outcome: str) -> None:
    trials = [*results("baseline", [30.0] * 8), *results("shaky", [None if s < wrong else 30.0 for s in range(8)])]
    (answered,) = answer(trials, claim(OfArms(left="shaky", right="baseline"), relation, "diverged"))
    assert answered.outcome == outcome
    assert answered.counts is not None
    assert (answered.counts.left, answered.counts.right, answered.counts.seeds) == (wrong, 0, 8)
    assert answered.p_adjusted == pytest.approx(stats.binomtest(0, wrong).pvalue if wrong else 1)


def test_what_became_of_runs_counts_too_and_who_cannot_be_judged_is_left_out() -> None:
    kinds = ["mode collapse"] * 6 + ["healthy", "can't tell"]
    bad = [result("bad", seed, 30.0, run_verdict=kind) for seed, kind in enumerate(kinds)]
    good = results("good", [30.0] * 8, run_verdict="healthy")
    test = OfArms(left="bad", right="good")
    unhealthy, collapsed, other = answer(
        bad + good, *(claim(test, ">", metric) for metric in ("unhealthy", "mode collapse", "oscillating"))
    )
    assert (unhealthy.outcome, collapsed.outcome, other.outcome) == ("can't tell", "can't tell", "can't tell")  # Holm
    assert answer(bad + good, claim(test, ">", "unhealthy"))[0].outcome == "supported"
    assert [a.counts and (a.counts.left, a.counts.seeds) for a in (unhealthy, collapsed, other)] == [
        (6, 7), (6, 7), (0, 7)
    ]  # fmt: skip


EFFECTS = OfEffects(
    left=ClaimedEffect(with_it="ab", without_it="b"), right=ClaimedEffect(with_it="a", without_it="baseline")
)  # what a does with b, and alone


@pytest.mark.parametrize(
    ("together", "relation", "outcome"),
    [(0.72, "=", "supported"), (0.45, "<", "supported"), (0.45, "=", "refuted"), (1.0, "<", "refuted")],
)
def test_interactions(together: float, relation: Relation, outcome: str) -> None:
    """a takes 20 %, b 10 %: together 28 % if neither minds the other."""
    wobble = (1.0, 1.01, 0.99, 1.01, 1.0, 0.99)
    ratios = {"baseline": 1.0, "a": 0.8, "b": 0.9, "ab": together}
    trials = []
    for shift, (arm, ratio) in enumerate(ratios.items()):
        fids = [fid * ratio * wobble[(seed * (1 + shift)) % 6] for seed, fid in enumerate(BASE)]
        trials += results(arm, fids)
    (answered,) = answer(trials, claim(EFFECTS, relation))
    assert answered.outcome == outcome
    assert answered.seen is not None
    assert answered.seen.shown.mean == pytest.approx(together / 0.72, rel=0.02)


def test_an_interaction_is_not_answered_by_survivors() -> None:
    trials = [*results("baseline", BASE), *results("a", GOOD), *results("b", SAME)]
    trials += results("ab", [fid if seed < 4 else None for seed, fid in enumerate(GOOD)])
    (answered,) = answer(trials, claim(EFFECTS, "="))
    assert (answered.outcome, answered.reason) == (
        "can't tell",
        "one of the arms diverges in 2 of 6 seeds more than another",
    )


def test_the_last_against_the_best() -> None:
    worse = [result("x", seed, fid, last=fid * (1.3 + 0.01 * seed)) for seed, fid in enumerate(BASE)]
    test = OfGenerators(left="last", arms=("x",))
    (answered,) = answer(worse, claim(test, ">"))
    assert (answered.outcome, answered.notes) == ("supported", ("the last generator was the best in 0 of 6 runs",))
    best_is_last = results("x", BASE, kimg=20.0)
    (answered,) = answer(best_is_last, claim(test, ">"))
    best, flat = answered.notes
    assert (answered.outcome, best) == ("can't tell", "the last generator was the best in 6 of 6 runs")
    assert "equal to the last digit" in flat
    (answered,) = answer(best_is_last[:3], claim(test, ">"))
    assert answered.outcome == "can't tell"  # three runs, however equal


def test_values_on_a_grid_that_are_all_equal_prove_little() -> None:
    early = [*results("a", [30.0] * 2, kimg=5.0), *results("b", [30.0] * 2, kimg=10.0)]
    (answered,) = answer(early, claim(OfArms(left="a", right="b"), "<", "kimg_to_best"))
    assert (answered.outcome, answered.p_adjusted) == ("can't tell", 0.5)
    early = [*results("a", [30.0] * 6, kimg=5.0), *results("b", [30.0] * 6, kimg=10.0)]
    (answered,) = answer(early, claim(OfArms(left="a", right="b"), "<", "kimg_to_best"))
    assert (answered.outcome, answered.p_adjusted) == ("supported", 2 / 2**6)


@pytest.mark.parametrize("relation", ["<", ">", "="])
def test_two_equal_differences_of_a_score_on_a_grid_support_nothing(relation: Relation) -> None:
    trials = [
        result(arm, s, 30.0, kid=0.3 + 0.2 * s + step) for arm, step in (("a", 0.0), ("b", 0.001)) for s in (0, 1)
    ]
    (answered,) = answer(trials, claim(OfArms(left="b", right="a"), relation, "kid"))
    assert (answered.outcome, answered.p_adjusted) == ("can't tell", 0.5)
    assert "equal to the last digit" in answered.reason
    assert answered.seen is not None
    assert math.isnan(answered.seen.shown.low)
    factors = ("a",)
    trials = [
        result(arm, s, 30.0, on=on, factors=factors, kid=0.3 + 0.2 * s + 0.001 * len(on))
        for arm, on in (("baseline", ()), ("a", ("a",)))
        for s in (0, 1)
    ]
    (answered,) = answer(trials, claim(OfFactors(factors=factors, arms=("baseline", "a")), relation, "kid"))
    assert answered.outcome == "can't tell"
    assert "equal to the last digit" in answered.reason or "fits these scores to the last digit" in answered.reason


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_scores_that_are_not_finite_count_as_diverged(score: float) -> None:
    """In 8 of 8 seeds against none: the claim is answered as of runs that diverged."""
    base = [result("baseline", seed, 30.0 + seed, kid=1.0 + 0.1 * seed) for seed in range(8)]
    bad = [result("bad", seed, 20.0 + seed, kid=score) for seed in range(8)]
    gone = [result("bad", seed, None) for seed in range(8)]
    test = OfArms(left="bad", right="baseline")
    (answered,), (as_diverged,) = (answer([*base, *own], claim(test, ">", "kid")) for own in (bad, gone))
    assert answered.outcome == as_diverged.outcome == "supported"
    assert answered.reason == as_diverged.reason
    assert "diverged: 8 against 0 of 8" in answered.notes


@pytest.mark.parametrize(
    ("factors", "relation", "outcome"),
    [
        (("a",), "<", "supported"),
        (("a",), "=", "refuted"),
        (("b",), "=", "supported"),
        (("a", "b"), "=", "supported"),
        (("b", "a"), "<", "refuted"),
    ],
)
def test_effects_over_a_factorial_design(factors: tuple[str, ...], relation: Relation, outcome: str) -> None:
    rng = np.random.default_rng(0)
    trials: list[Result] = []
    for on in [*product((False, True), repeat=2)]:
        names = [name for name, switched in zip("ab", on, strict=True) if switched]
        fids = [fid * 0.7 ** on[0] * math.exp(rng.normal(0, 0.01)) for fid in BASE]
        facts: dict[str, Any] = {"on": names, "factors": ("a", "b")}
        trials += results("+".join(names) or "baseline", fids, **facts)
    arms = tuple(dict.fromkeys(trial.arm for trial in trials))
    (answered,) = answer(trials, claim(OfFactors(factors=factors, arms=arms), relation))
    assert answered.outcome == outcome
    assert answered.seen is not None
    assert answered.seen.shown.mean == pytest.approx(0.7 if factors == ("a",) else 1.0, rel=0.02)


def test_a_metric_under_several_protocols() -> None:
    (found,) = claims_evidence([claim(OfArms(left="good", right="baseline"))], ARMS, RULE, "best", mixed=["fid"])
    assert found.question is None
    answered = found.answer(Inquiry([], Looks.of_count(6), range(6), {}, RULE))
    assert (answered.outcome, answered.reason) == ("can't tell", "these runs measured it under several protocols")


def one_run(arm: str, fids: tuple[float, ...], **facts: Any) -> list[Result]:
    """Runs whose outcome is known: that of equal ones is equal."""
    return [result(arm, seed, fid, outcome=f"{seed}/{fid}", **facts) for seed, fid in enumerate(fids)]


def test_one_run_under_two_names_neither_supports_nor_refutes_and_takes_no_share() -> None:
    factors: dict[str, Any] = {"factors": ("A", "B"), "run_verdict": "healthy"}
    trials = [
        *one_run("0", BASE, **factors),
        *one_run("a", BASE, on=["A"], **factors),
        *one_run("b", GOOD, on=["B"], **factors),
        *one_run("ab", GOOD, on=["A", "B"], **factors),
    ]
    arms = ("0", "a", "b", "ab")
    tests: list[Test] = [
        OfArms(left="a", right="0"),
        OfEffects(left=ClaimedEffect(with_it="a", without_it="0"), right=ClaimedEffect(with_it="b", without_it="0")),
        OfFactors(factors=("A",), arms=arms),
        OfFactors(factors=("A", "B"), arms=arms),
    ]
    claims = [claim(test, relation, name=f"{i}{relation}") for i, test in enumerate(tests) for relation in ("<", "=")]
    claims += [claim(tests[0], "<", metric="kimg_to_best"), claim(tests[0], "<", metric="unhealthy")]
    for answered in answer(trials, *claims):
        assert answered.outcome == "can't tell"
        assert answered.reason.startswith("same run: bit-identical in every seed: the setting had no effect")
        assert math.isnan(answered.p_adjusted)
    tested = claim(OfArms(left="b", right="0"))
    alone, *_ = answer(trials, tested)
    among, *_ = answer(trials, tested, *claims)
    assert alone.outcome == "supported"
    assert among.p_adjusted == alone.p_adjusted


def test_time_is_compared_of_equal_runs_too() -> None:
    trials = [*one_run("0", BASE, wall_s=100.0, evaluation_s=1.0), *one_run("a", BASE, wall_s=50.0, evaluation_s=1.0)]
    (answered,) = answer(trials, claim(OfArms(left="a", right="0"), "<", metric="seconds"))
    assert "same run" not in answered.reason
