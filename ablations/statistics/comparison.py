"""Comparisons of two arms by their common seeds, adjusted over a study, each with its verdict and its limits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ablations.statistics.contrast import Contrast, contrast_of, untested
from ablations.statistics.divergence import Divergence, divergence_of, won_seeds_p
from ablations.statistics.estimate import Estimate, paired_difference, without_interval
from ablations.statistics.power import seeds_needed, smallest_detectable
from ablations.statistics.rule import Rule
from ablations.statistics.scores import ArmScores
from ablations.statistics.significance import holm
from ablations.statistics.verdict import FLAT, SAME, Evidence, Finding, Verdict, decide

Pair = tuple[ArmScores, ArmScores]  # treated, baseline


@dataclass(frozen=True)
class Comparison:
    """What a study says of one arm against another. `shown` numbers are for people: see `Rule.shown`."""

    arm: str
    baseline: str
    contrast: Contrast  # on the rule's scale, with every seed's value
    shown: Estimate  # the effect as a ratio of scores (< 1: lower than the baseline), or as a difference on `plain`
    difference: (
        Estimate  # in the metric's units, paired by seed, t interval: for orientation, the verdict depends on `shown`
    )
    divergence: Divergence
    p_holm: float
    p_equivalence_holm: float
    finding: Finding
    reason: str
    detectable: float  # a ratio > 1, or a difference: the smallest these seeds would have found with the rule's power
    seeds_needed: int | None  # to find the effect that was seen; None: more than power.MOST_SEEDS, or not known


@dataclass(frozen=True)
class Judgement:
    """A comparison's place in its study: p-values adjusted over the study, and the verdict that follows."""

    contrast: Contrast
    divergence: Divergence
    p_holm: float
    p_equivalence_holm: float
    verdict: Verdict


def compare_all(pairs: Sequence[Pair], rule: Rule) -> tuple[Comparison, ...]:
    """All comparisons of a study, adjusted together, in the order given."""
    judgements = judge_all(pairs, rule)
    family = max(1, sum(not math.isnan(judgement.p_holm) for judgement in judgements))
    return tuple(comparison_of(pair, judged, family, rule) for pair, judged in zip(pairs, judgements, strict=True))


def judge_all(pairs: Sequence[Pair], rule: Rule) -> tuple[Judgement, ...]:
    """The verdicts alone, without what a table shows next to them: a hundred times faster."""
    contrasts = [_contrast(pair, rule) for pair in pairs]
    divergences = [divergence_of(arm, baseline) for arm, baseline in pairs]
    adjusted = holm([shared_p(each.p, other, rule) for each, other in zip(contrasts, divergences, strict=True)])
    equivalence = holm([contrast.p_equivalence for contrast in contrasts])
    return tuple(
        Judgement(contrast, divergence, p, p_equivalence, judged_verdict(contrast, divergence, p, p_equivalence, rule))
        for contrast, divergence, p, p_equivalence in zip(contrasts, divergences, adjusted, equivalence, strict=True)
    )


def _contrast(pair: Pair, rule: Rule) -> Contrast:
    """The first arm against the second, by their common seeds; untested where both are the same run."""
    arm, baseline = pair
    contrast = contrast_of(((1.0, arm), (-1.0, baseline)), baseline, rule)
    return untested(contrast) if arm.is_same_as(baseline) else contrast


def shown_estimate(effect: Estimate, rule: Rule) -> Estimate:
    """An effect for people; the sd stays on the rule's scale, where on `log` it is about the relative spread."""
    return Estimate(effect.n, rule.shown(effect.mean), effect.sd, rule.shown(effect.low), rule.shown(effect.high))


def shared_p(p_score: float, divergence: Divergence, rule: Rule) -> float:
    """One p for a comparison: the t test's, or Bonferroni's of both where divergence could answer too."""
    if not divergence.can_answer(rule.alpha):
        return p_score
    return divergence.p if math.isnan(p_score) else min(1.0, 2 * min(p_score, divergence.p))


def judged_verdict(contrast: Contrast, divergence: Divergence, p: float, p_equivalence: float, rule: Rule) -> Verdict:
    """The verdict on one comparison, from p-values that are adjusted already."""
    if not contrast.is_tested:
        return SAME
    evidence = Evidence(
        effect=contrast.effect.mean,
        p_score=contrast.p,
        p_divergence=divergence.p if divergence.can_answer(rule.alpha) else None,
        p_holm=p,
        p_equivalence_holm=p_equivalence,
        excess=divergence.excess,
        seeds=divergence.seeds,
        p_seeds=won_seeds_p(contrast.values, divergence) if divergence.excess else contrast.p,
    )
    verdict = decide(evidence, rule)
    return replace(verdict, reason=f"{verdict.reason}; {FLAT}") if contrast.is_flat else verdict


def comparison_of(pair: Pair, judged: Judgement, family: int, rule: Rule) -> Comparison:
    """The comparison as it is shown; `family`: the number of tests that it was adjusted for."""
    arm, baseline = pair
    effect, alpha = judged.contrast.effect, rule.alpha / family
    difference = paired_difference(arm.scores, baseline.scores, rule.confidence)
    return Comparison(
        arm=arm.name,
        baseline=baseline.name,
        contrast=judged.contrast,
        shown=shown_estimate(effect, rule),
        difference=difference if judged.contrast.is_tested else without_interval(difference),
        divergence=judged.divergence,
        p_holm=judged.p_holm,
        p_equivalence_holm=judged.p_equivalence_holm,
        finding=judged.verdict.finding,
        reason=judged.verdict.reason,
        detectable=rule.shown(smallest_detectable(effect.n, effect.sd, alpha, rule.power)),
        seeds_needed=seeds_needed(effect.mean, effect.sd, alpha, rule.power),
    )


def one_in(baseline: ArmScores, arms: Mapping[str, ArmScores]) -> dict[str, Pair]:
    """By trick: the baseline with it against the baseline. Its effect when it is alone."""
    return {trick: (arm, baseline) for trick, arm in arms.items()}


def one_out(everything: ArmScores, without: Mapping[str, ArmScores]) -> dict[str, Pair]:
    """By trick: everything on against everything but it. Its effect in the company of all others."""
    return {trick: (everything, arm) for trick, arm in without.items()}


def ladder(steps: Mapping[str, ArmScores], baseline: ArmScores) -> dict[str, Pair]:
    """By trick, in the order added: each rung against the one before. An effect that depends on the order."""
    rungs: Sequence[ArmScores] = (baseline, *steps.values())
    return {trick: (arm, before) for (trick, arm), before in zip(steps.items(), rungs, strict=False)}
