"""Guards: what an arm must not cost. One question for each guard: is the loss in a metric above its margin, or below?

The loss of an arm in one seed is by how much it is worse than what it is compared with, in the metric's own units,
whichever way the metric is better. What is tested is the loss less the margin, in the paired t test of all comparisons:
above 0 for certain the guard is hurt, below 0 for certain the loss is within the margin (a non-inferiority test, as
ICH E10 and Piaggio et al. 2012, doi:10.1001/jama.2012.87802, have it). Of one guard only one of the two can be wrong,
whatever the truth is, and only to one side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ablations.statistics.borrowed_spread import with_borrowed_spread
from ablations.statistics.contrast import Contrast, contrast_of, contrast_of_values, untested
from ablations.statistics.estimate import Estimate
from ablations.statistics.family import LookResult, Measured
from ablations.statistics.rule import Rule
from ablations.statistics.scores import ArmScores
from ablations.statistics.significance import two_sided_p
from ablations.statistics.verdict import Evidence

GuardFinding = Literal["hurts", "within the margin", "can't tell", "same run"]
Pair = tuple[ArmScores, ArmScores]  # the arm, and what it is compared with


@dataclass(frozen=True)
class Limit:
    """A loss of at most `margin` (in the metric's own units) is accepted."""

    margin: float
    higher_is_better: bool

    def excess(self, difference: float) -> float:
        """By how much the loss exceeds the margin, from arm minus baseline."""
        return (-difference if self.higher_is_better else difference) - self.margin

    def difference(self, excess: float) -> float:
        """The inverse: arm minus baseline."""
        loss = excess + self.margin
        return 0 - loss if self.higher_is_better else loss  # 0 and not -0, where nothing is lost


def guard_rule(rule: Rule) -> Rule:
    """The study's rule for losses: differences, of which less is better."""
    return rule.model_copy(update={"scale": "plain", "lower_is_better": True})


def excess_of_pairs(pairs: Sequence[Pair], limit: Limit, rule: Rule) -> list[Contrast]:
    """How far the loss is above the margin, seed by seed; spreads steadied by one another, as those of FIDs are.

    Pairs that are one run under two names are not tested.
    """
    return with_borrowed_spread([_excess(*pair, limit, guard_rule(rule)) for pair in pairs], rule.borrow)


def _excess(arm: ArmScores, baseline: ArmScores, limit: Limit, rule: Rule) -> Contrast:
    difference = contrast_of(((1.0, arm), (-1.0, baseline)), baseline, rule)
    values = tuple(limit.excess(value) for value in difference.values)
    size = max((abs(score) for one in (arm, baseline) for score in one.scores.values()), default=1.0)
    found = contrast_of_values(difference.seeds, values, math.nan, rule, max(size, limit.margin))
    return untested(found) if arm.is_same_as(baseline) else found


def excess_of_effect(measured: Measured, limit: Limit) -> Measured:
    """The same for an effect of a factorial design, whose `value` is the difference that a factor makes."""
    value = limit.excess(measured.value)
    p = two_sided_p(value, measured.error, measured.df)
    evidence = Evidence(value, p, None, math.nan, math.nan, 0, 0, p)
    changed = replace(measured, value=value, margin=math.nan, p=p, p_equivalence=math.nan, evidence=evidence)
    return replace(changed, lower_is_better=True, note="")


def finding_of(result: LookResult) -> GuardFinding:
    """What a look says of a guard."""
    findings: dict[str, GuardFinding] = {"hurts": "hurts", "helps": "within the margin", "same run": "same run"}
    return findings.get(result.verdict.finding, "can't tell")


def difference_of(result: LookResult, limit: Limit) -> Estimate:
    """Arm minus baseline in the metric's units, with the interval that decides."""
    ends = sorted(limit.difference(end) for end in (result.low, result.high))
    return Estimate(result.seeds, limit.difference(result.measured.value), math.nan, *ends)
