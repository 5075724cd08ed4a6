"""The looks of one question next to others, from numbers that are made up."""

import math

from ablations.statistics import Looks, Rule
from ablations.statistics.family import Family, Measured
from ablations.statistics.verdict import Evidence

RULE = Rule()
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
