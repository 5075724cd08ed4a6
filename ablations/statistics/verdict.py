"""The rule by which a study answers whether a trick helps."""

import math
from dataclasses import dataclass
from typing import Literal

from ablations.statistics.rule import Rule

Finding = Literal["helps", "hurts", "no difference", "can't tell", "same run", "differs"]


@dataclass(frozen=True)
class Evidence:
    """What the verdict on one comparison depends on; p-values are adjusted over the study's comparisons."""

    effect: float  # on the rule's scale, arm against baseline
    p_score: float  # the t test's own, before any adjustment; NaN with fewer than two pairs
    p_divergence: float | None  # McNemar's own; None where it could not have answered
    p_adjusted: float
    p_equivalence_adjusted: float
    excess: int  # in how many more seeds the arm diverged than the baseline
    seeds: int  # that both have ended
    p_seeds: (
        float  # of who won more seeds, a diverged one being lost without a number: asked if `excess` speaks against
    )


@dataclass(frozen=True)
class Verdict:
    """The finding, and why, in words."""

    finding: Finding
    reason: str


SAME = Verdict("same run", "bit-identical in every seed: the setting had no effect")

FLAT = "the differences are equal to the last digit and show no spread, so sign flips decide in place of the t test"


def decide(evidence: Evidence, rule: Rule) -> Verdict:
    """helps, hurts, no difference (larger than the margin), or can't tell. Only for arms that are not the `SAME` run:
    one run under two names is no comparison, takes part in no test, and has no share of alpha.

    1. The paired t test on the rule's scale (log FID) carries the verdict; sign flips are shown next to it and decide
       nothing, as they can't reach 0.05 with fewer than six seeds. If six or more seeds saw just one of the two arms
       diverge, McNemar's exact test on divergence is asked as well, and the two share alpha: p = 2 min(p_t, p_McNemar).
    2. These p are adjusted for the looks so far and for all questions of the study (`Family`). At most alpha:
       **helps** or **hurts**, by the side on which the effect lies (or by who diverges less). The interval that is
       shown allows for the same, so it excludes 0 then.
    3. Scores of survivors don't speak for the diverged. If the arm whose scores are better diverged in more seeds, the
       verdict stands only if it also wins significantly more seeds in an exact sign test (at the look's share of alpha,
       not adjusted for other questions), in which a seed where just one diverged is lost to it, and does not diverge
       significantly more often. Else it is **can't tell**.
    4. Else, if that interval lies within the margin, and neither arm diverged in more seeds than the other by more than
       that part of them: **no difference** above the margin.
    5. Otherwise **can't tell**.

    An effect that is certain and smaller than the margin is "helps" or "hurts": the reason says that it is small.
    """
    within = evidence.p_equivalence_adjusted <= rule.alpha
    if evidence.p_adjusted <= rule.alpha:
        if decided_by_divergence(evidence):
            side = "fewer" if evidence.excess < 0 else "more"
            return Verdict("helps" if evidence.excess < 0 else "hurts", f"diverges in {_seeds(evidence)} {side}")
        helps = (evidence.effect < 0) == rule.lower_is_better
        against = evidence.excess > 0 if helps else evidence.excess < 0
        if against and not _stands(evidence, rule):
            scores, who = ("better", "it") if helps else ("worse", "the other")
            return Verdict("can't tell", f"{scores} where both finished, but {who} diverges in {_seeds(evidence)} more")
        small = f", by less than {rule.margin_percent}" if within else ""
        return Verdict("helps" if helps else "hurts", f"adjusted p = {evidence.p_adjusted:.2g}{small}")
    if within and even_divergence(evidence.excess, evidence.seeds, rule):
        reason = f"less than {rule.margin_percent} apart (adjusted p = {evidence.p_equivalence_adjusted:.2g})"
        return Verdict("no difference", reason)
    return Verdict("can't tell", _why_not(evidence, within, rule))


def decide_spread(p_adjusted: float, rule: Rule) -> Verdict:
    """Whether an effect differs between the blocks of a study. That it does not is never shown: can't tell."""
    if math.isnan(p_adjusted):
        return Verdict("can't tell", "too few seeds in some block")
    if p_adjusted <= rule.alpha:
        return Verdict("differs", f"adjusted p = {p_adjusted:.2g}")
    return Verdict("can't tell", f"no difference between blocks is shown (adjusted p = {p_adjusted:.2g})")


def even_divergence(excess: int, seeds: int, rule: Rule) -> bool:
    """Whether two arms diverge about equally often: within the margin, as a share of the seeds."""
    return abs(excess) <= rule.margin * seeds


def _stands(evidence: Evidence, rule: Rule) -> bool:
    """Whether better scores count although their arm diverged in more seeds."""
    more_often = evidence.p_divergence is not None and evidence.p_divergence <= rule.alpha
    return evidence.p_seeds <= rule.alpha and not more_often


def decided_by_divergence(evidence: Evidence) -> bool:
    """Whether the divergence test decided."""
    return evidence.p_divergence is not None and not evidence.p_score <= evidence.p_divergence


def _seeds(evidence: Evidence) -> str:
    count = abs(evidence.excess)
    return "1 seed" if count == 1 else f"{count} seeds"


def _why_not(evidence: Evidence, within: bool, rule: Rule) -> str:
    if math.isnan(evidence.p_score):
        return "fewer than two seeds in which both have a score"
    if within:
        side = "more" if evidence.excess > 0 else "fewer"
        return f"less than {rule.margin_percent} apart where both finished, but diverges in {_seeds(evidence)} {side}"
    ps = f"{evidence.p_adjusted:.2g} and {evidence.p_equivalence_adjusted:.2g}"
    return f"neither a difference nor its absence is shown (adjusted p = {ps})"
