"""Whether the evidence supports a claim: `A < B`, `A > B` or `A = B` in a metric, and the same of effects with 0."""

import math
from dataclasses import dataclass
from typing import Literal

from ablations.statistics.comparison import Comparison
from ablations.statistics.rule import Rule
from ablations.statistics.verdict import even_divergence

Relation = Literal["<", ">", "="]  # of the scores as numbers: a lower FID is a better one
Outcome = Literal["supported", "refuted", "can't tell"]


@dataclass(frozen=True)
class Answer:
    """The outcome, and in words why."""

    outcome: Outcome
    reason: str


def answer_comparison(comparison: Comparison, relation: Relation, rule: Rule) -> Answer:
    """Of a claim about two arms, from their comparison: its verdict, so divergence and Holm's adjustment included.

    `<` and `>` claim a difference that matters: they are refuted by the opposite, and by "no difference larger than
    the margin". `=` claims that there is none that matters: supported by an effect shown to lie within the margin, be
    it certain or not; refuted by one that is certain and not shown to be within. One run under two names tests nothing:
    such a claim, `=` among them, is neither supported nor refuted.
    """
    if comparison.finding == "can't tell":
        return Answer("can't tell", comparison.reason)
    if comparison.finding == "same run":
        return Answer("can't tell", f"same run: {comparison.reason}")
    within = comparison.p_equivalence_holm <= rule.alpha
    lower = (comparison.finding == "helps") == rule.lower_is_better
    found: Relation = "=" if comparison.finding == "no difference" else "<" if lower else ">"
    same = within and even_divergence(comparison.divergence.excess, comparison.divergence.seeds, rule)
    return Answer(_outcome(relation, found, same), f"{comparison.finding}: {comparison.reason}")


def answer_effect(effect: float, p: float, p_equivalence: float, relation: Relation, rule: Rule) -> Answer:
    """Of a claim about an effect or an interaction and 0, from its value and its (adjusted) p-values.

    `=` with the interaction of two tricks: the one makes little difference to what the other does. `<`: together they
    lower the score by more than each by itself.
    """
    within = p_equivalence <= rule.alpha
    if p <= rule.alpha:
        found: Relation = "<" if effect < 0 else ">"
        return Answer(_outcome(relation, found, within), f"p = {p:.2g}")
    if within:
        return Answer(_outcome(relation, "=", True), f"less than {rule.margin_percent} (p = {p_equivalence:.2g})")
    if math.isnan(p):
        return Answer("can't tell", "too few seeds")
    return Answer("can't tell", f"neither an effect nor its absence is shown (p = {p:.2g} and {p_equivalence:.2g})")


def _outcome(claimed: Relation, found: Relation, within: bool) -> Outcome:
    if claimed == "=":
        return "supported" if found == "=" or within else "refuted"
    return "supported" if claimed == found else "refuted"
