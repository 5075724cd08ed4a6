"""The rule by which a study answers whether a trick helps."""

from dataclasses import dataclass
from typing import Literal

from ablations.statistics.rule import Rule

Finding = Literal["helps", "hurts", "no difference", "can't tell"]


@dataclass(frozen=True)
class Evidence:
    """What the verdict on one comparison hangs on; p-values are adjusted over the study's comparisons."""

    effect: float  # on the rule's scale, arm against baseline
    p_score: float  # the t test's own, before any adjustment; NaN with fewer than two pairs
    p_divergence: float | None  # McNemar's own; None where it could not have answered
    p_holm: float
    p_equivalence_holm: float
    only_arm_diverged: int
    only_baseline_diverged: int


@dataclass(frozen=True)
class Verdict:
    """The finding, and in words why."""

    finding: Finding
    reason: str


def decide(evidence: Evidence, rule: Rule) -> Verdict:
    """helps, hurts, no difference (larger than the margin), or can't tell.

    1. The paired t test on the rule's scale (log FID) carries the verdict; sign flips are shown beside it and decide
       nothing, as they can't reach 0.05 with fewer than six seeds. If six or more seeds saw just one of the two arms
       diverge, McNemar's exact test on divergence is asked as well, and the two share alpha: p = 2 min(p_t, p_McNemar).
    2. These p are adjusted by Holm over all comparisons of the study. At most alpha: **helps** or **hurts**, by the
       side on which the effect lies (or by who diverges less). The effect's unadjusted interval then excludes 0 too.
    3. Scores of survivors don't speak for the diverged: "helps" by score is withheld if the arm diverged in more seeds
       than the baseline, "hurts" if the baseline did. Then it is **can't tell**.
    4. Otherwise, if two one-sided t tests, adjusted by Holm over the study, put the effect within the margin, and no
       seed saw just one of the arms diverge: **no difference** larger than the margin.
    5. Otherwise **can't tell**.

    An effect that is certain and smaller than the margin is "helps" or "hurts": the reason says that it is small.
    """
    excess = evidence.only_arm_diverged - evidence.only_baseline_diverged
    within = evidence.p_equivalence_holm <= rule.alpha
    if evidence.p_holm <= rule.alpha:
        if _by_divergence(evidence):
            return Verdict(
                "helps" if excess < 0 else "hurts", f"diverges in {_seeds(abs(excess))} {_less_or_more(excess)}"
            )
        lower = evidence.effect < 0
        helps = lower == rule.lower_is_better
        if (helps and excess > 0) or (not helps and excess < 0):
            side = "better" if helps else "worse"
            who = "it" if helps else "the baseline"
            return Verdict(
                "can't tell", f"{side} where both finished, but {who} diverges in {_seeds(abs(excess))} more"
            )
        small = f", by less than {rule.margin:.0%}" if within else ""
        return Verdict("helps" if helps else "hurts", f"adjusted p = {evidence.p_holm:.2g}{small}")
    if within and not evidence.only_arm_diverged and not evidence.only_baseline_diverged:
        return Verdict(
            "no difference", f"none larger than {rule.margin:.0%} (adjusted p = {evidence.p_equivalence_holm:.2g})"
        )
    return Verdict("can't tell", _why_not(evidence, within))


def _by_divergence(evidence: Evidence) -> bool:
    """Whether it is the divergence test that decided."""
    return evidence.p_divergence is not None and not evidence.p_score <= evidence.p_divergence


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _less_or_more(excess: int) -> str:
    return "fewer than the baseline" if excess < 0 else "more than the baseline"


def _why_not(evidence: Evidence, within: bool) -> str:
    if evidence.p_score != evidence.p_score:
        return "fewer than two seeds in which both have a score"
    if within:
        discordant = evidence.only_arm_diverged + evidence.only_baseline_diverged
        return f"within the margin where both finished, but {_seeds(discordant)} saw just one of the two diverge"
    return (
        f"adjusted p = {evidence.p_holm:.2g}, and of a difference within the margin {evidence.p_equivalence_holm:.2g}"
    )
