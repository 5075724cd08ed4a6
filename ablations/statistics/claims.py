"""Whether the evidence supports a claim: `A < B`, `A > B` or `A = B` in a metric, and the same of effects with 0."""

import math
from dataclasses import dataclass
from typing import Literal

from ablations.statistics.comparison import Comparison
from ablations.statistics.family import LookResult, Size
from ablations.statistics.rule import Rule
from ablations.statistics.verdict import decided_by_divergence, even_divergence

Relation = Literal["<", ">", "="]  # of the scores as numbers: a lower FID is a better one
Outcome = Literal["supported", "refuted", "can't tell"]


@dataclass(frozen=True)
class Answer:
    """The outcome, and in words why."""

    outcome: Outcome
    reason: str


def answer_comparison(comparison: Comparison, relation: Relation, rule: Rule) -> Answer:
    """Of a claim about two arms, from their comparison: its verdict, so divergence and all adjustments included.

    `<` and `>` are about the sign: supported by a difference to that side, refuted by one to the other side. An effect
    within the margin does not refute them, for a small one has a sign too. `=` claims that there is no difference that
    matters: supported by an effect shown to lie within the margin, be it certain or not; refuted by one shown to lie
    outside. One run under two names tests nothing: such a claim, `=` among them, is neither supported nor refuted.
    """
    last = comparison.judged.last
    if comparison.finding == "same run":
        return Answer("can't tell", f"same run: {comparison.reason}")
    if comparison.finding == "can't tell" or last is None:
        return Answer("can't tell", comparison.reason)
    even = even_divergence(comparison.divergence.excess, comparison.divergence.seeds, rule)
    size = last.size if even or last.size != "inside" else "unknown"
    size = "outside" if decided_by_divergence(last.measured.evidence) else size
    if comparison.finding == "no difference":
        side: Relation = "="
    else:
        side = "<" if (comparison.finding == "helps") == rule.lower_is_better else ">"
    return Answer(_outcome(relation, side, size), f"{comparison.finding}: {comparison.reason}")


def answer_effect(result: LookResult, relation: Relation, rule: Rule) -> Answer:
    """Of a claim about an effect or an interaction and 0, from its state after a look.

    `=` with the interaction of two tricks: the one makes little difference to what the other does. `<`: together they
    lower the score by more than each by itself.
    """
    effect, p, p_equivalence = result.measured.value, result.p, result.p_equivalence
    if p <= rule.alpha:
        return Answer(_outcome(relation, "<" if effect < 0 else ">", result.size), f"p = {p:.2g}")
    if p_equivalence <= rule.alpha:
        within = f"less than {rule.margin_percent} (p = {p_equivalence:.2g})"
        return Answer(_outcome(relation, "=", result.size), within)
    if math.isnan(p):
        return Answer("can't tell", "too few seeds")
    return Answer("can't tell", f"neither an effect nor its absence is shown (p = {p:.2g} and {p_equivalence:.2g})")


def answer_average(result: LookResult, relation: Relation, rule: Rule) -> Answer:
    """Of a claim about an average over the blocks of a study, from its verdict: divergence is in that."""
    finding, reason = result.verdict.finding, result.verdict.reason
    if finding not in ("helps", "hurts", "no difference"):
        return Answer("can't tell", f"{finding}: {reason}" if finding == "same run" else reason)
    evidence = result.measured.evidence
    even = even_divergence(evidence.excess, evidence.seeds, rule)
    size = result.size if even or result.size != "inside" else "unknown"
    size = "outside" if decided_by_divergence(evidence) else size
    side: Relation = "="
    if finding != "no difference":
        side = "<" if (finding == "helps") == result.measured.lower_is_better else ">"
    return Answer(_outcome(relation, side, size), f"{finding}: {reason}")


def _outcome(claimed: Relation, found: Relation, size: Size) -> Outcome:
    """`found`: '=' where the effect lies within the margin and its sign is not known."""
    if claimed == "=":
        if found == "=" or size == "inside":
            return "supported"
        return "refuted" if size == "outside" else "can't tell"
    if found == "=":
        return "can't tell"
    return "supported" if claimed == found else "refuted"
