"""Questions judged look by look: against p-values and intervals computed by hand, and what may change a verdict."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ablations.statistics import ArmScores, Looks, Rule
from ablations.statistics.comparison import compare_all, judge_once, measured_pairs
from ablations.statistics.family import Family, Measured, mirrored
from ablations.statistics.verdict import Evidence

RULE = Rule()
LOOKS = Looks.declared([5, 8, 12])


def measured(value: float, error: float = 0.05, df: float = 8, **changes: object) -> Measured:
    p = 2 * float(stats.t.sf(abs(value) / error, df))
    equivalence = min(1.0, 2 * float(stats.t.cdf((abs(value) - math.log(1.1)) / error, df)))
    equivalence = math.nan if math.isnan(value) else equivalence
    evidence = Evidence(value, p, None, math.nan, math.nan, 0, 5, p)
    return replace(Measured(value, error, df, math.log(1.1), p, equivalence, evidence), **changes)  # type: ignore[arg-type]


def findings(family: Family) -> list[str]:
    return ["" if one.last is None else one.last.verdict.finding for one in family.judged]


def test_p_is_the_smallest_over_looks_by_its_share_times_the_parts() -> None:
    family = Family(2, LOOKS, RULE)
    family.take(0, [measured(0.12), measured(0.01)])
    family.take(1, [measured(0.10), measured(0.02)])
    first = family.judged[0].looks
    p = [2 * stats.t.sf(value / 0.05, 8) for value in (0.12, 0.10)]
    assert first[0].p == pytest.approx(min(1, 2 * p[0] / LOOKS.shares[0]))
    assert first[1].p == pytest.approx(min(1, 2 * min(p[0] / LOOKS.shares[0], p[1] / LOOKS.shares[1])))
    assert first[1].level == pytest.approx(1 - 0.05 * LOOKS.shares[1] / 2)
    half = stats.t.isf((1 - first[1].level) / 2, 8) * 0.05
    assert (first[1].low, first[1].high) == pytest.approx((0.10 - half, 0.10 + half))


def test_a_shown_difference_frees_half_a_part() -> None:
    alone, among = Family(2, LOOKS, RULE), Family(2, LOOKS, RULE)
    alone.take(0, [measured(0.01), measured(0.12)])
    among.take(0, [measured(2.0), measured(0.12)])
    assert findings(among)[0] == "hurts"
    assert among.judged[1].looks[0].p == pytest.approx(min(1, alone.judged[1].looks[0].p * 1.5 / 2))


@pytest.mark.parametrize("seed", range(40))
def test_the_interval_that_is_shown_is_the_one_that_decides(seed: int) -> None:
    """It excludes 0 where there is a difference, lies within the margin where there is none, and else does neither."""
    rng = np.random.default_rng(seed)
    family = Family(6, LOOKS, RULE)
    for look in range(3):
        values = [measured(float(rng.normal(0, 0.15)), float(rng.uniform(0.005, 0.06)), 4 + 3 * look) for _ in range(6)]
        family.take(look, values)
    margin = math.log(1.1)
    for one in family.judged:
        result = one.last
        assert result is not None
        excludes, inside = result.low > 0 or result.high < 0, -margin <= result.low and result.high <= margin
        match result.verdict.finding:
            case "helps" | "hurts":
                assert excludes
            case "no difference":
                assert inside
                assert not excludes
            case _:
                assert not excludes
                assert not inside


def test_a_verdict_stands_and_no_later_look_tests_again() -> None:
    family = Family(1, LOOKS, RULE)
    family.take(0, [measured(-0.5)])
    assert findings(family) == ["helps"]
    family.take(1, [measured(0.001)])
    assert findings(family) == ["helps"]
    assert family.judged[0].last == family.judged[0].looks[0]


def test_divergence_seen_later_takes_a_verdict_back() -> None:
    family = Family(1, LOOKS, RULE)
    family.take(0, [measured(-0.5)])
    worse = measured(-0.5)
    family.take(1, [replace(worse, evidence=replace(worse.evidence, excess=3, seeds=8, p_seeds=0.7))])
    last = family.judged[0].last
    assert last is not None
    assert (last.verdict.finding, "diverges more often since" in last.verdict.reason) == ("can't tell", True)


def test_what_is_not_tested_has_no_part() -> None:
    nothing = measured(math.nan)
    one, two = Family(2, LOOKS, RULE), Family(1, LOOKS, RULE)
    one.take(0, [measured(0.12), nothing])
    two.take(0, [measured(0.12)])
    assert one.judged[0].looks[0].p == two.judged[0].looks[0].p
    same = Family(1, LOOKS, RULE)
    same.take(0, [measured(0.0, is_same_run=True)])
    assert findings(same) == ["same run"]


def test_hopeless_questions_are_given_up_and_only_these() -> None:
    family = Family(2, LOOKS, RULE)
    family.take(0, [measured(0.08, error=2.0), measured(0.14)])
    chances = [one.last.chance for one in family.judged if one.last is not None]
    assert chances[0] is not None
    assert chances[1] is not None
    assert chances[0] < RULE.hopeless < chances[1]
    family.give_up_the_hopeless()
    assert [one.is_hopeless for one in family.judged] == [True, False]
    assert [one.state for one in family.judged] == ["hopeless", "open"]
    never = Family(1, LOOKS, Rule(hopeless=0))
    never.take(0, [measured(0.08, error=2.0)])
    never.give_up_the_hopeless()
    assert never.judged[0].is_open


def test_a_spread_of_three_seeds_that_is_small_by_luck_shows_nothing() -> None:
    """A pair sd of 0.006 from three seeds once said 'no difference', and another processor said otherwise."""
    rng = np.random.default_rng(0)
    baseline = ArmScores("baseline", {seed: 2.0 * math.exp(rng.normal(0, 0.15)) for seed in range(3)})
    arms = [ArmScores(str(i), {seed: 2.0 * math.exp(rng.normal(0, 0.15)) for seed in range(3)}) for i in range(7)]
    lucky = {s: v * (1.031 + 0.005 * (s - 1)) for s, v in baseline.scores.items()}
    pairs = [(arm, baseline) for arm in (ArmScores("lucky", lucky), *arms)]
    looks = Looks.of_count(3)
    family = Family(len(pairs), looks, RULE)
    family.take(0, [pair.measured(RULE) for pair in measured_pairs(pairs, RULE)])
    assert set(findings(family)) == {"can't tell"}


def test_the_other_way_round_the_same_is_said() -> None:
    rng = np.random.default_rng(3)
    a = ArmScores("a", {seed: 20 * math.exp(rng.normal(-0.4, 0.1)) for seed in range(8)}, frozenset({8}))
    b = ArmScores("b", {seed: 20 * math.exp(rng.normal(0, 0.1)) for seed in range(9)})
    (forth,), (back,) = compare_all([(a, b)], RULE), compare_all([(b, a)], RULE)
    (judged,) = judge_once([measured_pairs([(a, b)], RULE)[0].measured(RULE)], RULE)
    turned = mirrored(judged, RULE).last
    assert turned is not None
    assert back.judged.last is not None
    assert (turned.low, turned.high, turned.p) == pytest.approx(
        (back.judged.last.low, back.judged.last.high, back.p_adjusted)
    )
    assert turned.verdict == back.judged.last.verdict
    assert {forth.finding, back.finding} in ({"helps", "hurts"}, {"can't tell"})


NOTHING = Measured(0.0, 0.1, 19, 0.1, 0.9, 1.0, Evidence(0.0, 0.9, None, math.nan, math.nan, 0, 20, 0.9))


def better_but_diverging(p_score: float, p_divergence: float | None, excess: int) -> Measured:
    p = p_score if p_divergence is None else 2 * min(p_score, p_divergence)
    evidence = Evidence(-0.2, p_score, p_divergence, math.nan, math.nan, excess, 20, p_seeds=1.0)
    return Measured(-0.2, 0.05, 19, 0.1, p, 1.0, evidence, tests=1 if p_divergence is None else 2)


def test_divergence_decides_only_where_it_is_shown_itself() -> None:
    """Scores differ at the first look, so that the question is rejected; McNemar's p of the second is not enough for
    eight questions and an eighth of alpha, and must not make "hurts" of it.
    """
    family = Family(8, Looks.of_count(20), RULE)
    for look, one in enumerate((better_but_diverging(0.002, None, 5), better_but_diverging(0.5, 0.001, 11))):
        family.take(look, [one, *[NOTHING] * 7])
    assert [result.verdict.finding for result in family.judged[0].looks] == ["can't tell", "can't tell"]
    family.take(2, [better_but_diverging(0.5, 0.00001, 17), *[NOTHING] * 7])
    assert family.judged[0].looks[-1].verdict.finding == "hurts"
