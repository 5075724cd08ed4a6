"""Comparisons of two arms by their common seeds: what each look measures, and the verdict with its limits."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ablations.statistics.borrowed_spread import with_borrowed_spread
from ablations.statistics.contrast import Contrast, contrast_of, untested
from ablations.statistics.divergence import Divergence, divergence_of, won_seeds_p
from ablations.statistics.estimate import Estimate, paired_difference, without_interval
from ablations.statistics.family import Family, Judged, Measured
from ablations.statistics.looks import Looks
from ablations.statistics.power import seeds_needed, smallest_detectable
from ablations.statistics.rule import Rule
from ablations.statistics.scatter import unlike_scatter
from ablations.statistics.scores import ArmScores
from ablations.statistics.verdict import FLAT, SAME, Evidence, Finding, Verdict

Pair = tuple[ArmScores, ArmScores]  # treated, baseline
ONE_LOOK = Looks(counts=(1,), shares=(1.0,))  # at whatever runs there are, once


@dataclass(frozen=True)
class Comparison:
    """What a study says of one arm against another. `shown` numbers are for people: see `Rule.shown`.

    The contrast is that of the look that the verdict is from. `shown` has the interval that decides: at the confidence
    `level`, which allows for all looks and for all questions of the study.
    """

    arm: str
    baseline: str
    contrast: Contrast  # on the rule's scale, with every seed's value
    shown: Estimate  # the effect as a ratio of scores (< 1: lower than the baseline), or as a difference on `plain`
    difference: (
        Estimate  # in the metric's units, paired by seed, t interval: for orientation, the verdict depends on `shown`
    )
    divergence: Divergence
    p_adjusted: float
    p_equivalence_adjusted: float
    finding: Finding
    reason: str
    detectable: float  # a ratio > 1, or a difference: the smallest these seeds would have found with the rule's power
    seeds_needed: int | None  # to find the effect that was seen; None: more than power.MOST_SEEDS, or not known
    judged: Judged
    level: float
    scatter: float | None = None  # of all runs: ratio of the arms' sds on the rule's scale; None: they scatter alike

    @property
    def look(self) -> int | None:
        """The number of the look that the verdict is from; None before the first."""
        return None if self.judged.last is None else self.judged.last.look

    @property
    def borrowed(self) -> int:
        """How many degrees of freedom of the spread come from the study's other comparisons."""
        return self.contrast.borrowed


@dataclass(frozen=True)
class MeasuredPair:
    """A pair at one look."""

    contrast: Contrast
    divergence: Divergence

    def mirrored(self) -> "MeasuredPair":
        """The same pair the other way round."""
        return MeasuredPair(self.contrast.mirrored(), self.divergence.mirrored())

    def measured(self, rule: Rule) -> Measured:
        """What it brings into the family of the study's questions."""
        contrast, divergence = self.contrast, self.divergence
        can_answer = divergence.can_answer(rule.alpha)
        evidence = Evidence(
            effect=contrast.effect.mean,
            p_score=contrast.p,
            p_divergence=divergence.p if can_answer else None,
            p_adjusted=math.nan,
            p_equivalence_adjusted=math.nan,
            excess=divergence.excess,
            seeds=divergence.seeds,
            p_seeds=won_seeds_p(contrast.values, divergence) if divergence.excess else contrast.p,
        )
        return Measured(
            value=contrast.effect.mean,
            error=contrast.error,
            df=contrast.df,
            margin=contrast.margin,
            p=shared_p(contrast.p, divergence, rule),
            p_equivalence=contrast.p_equivalence,
            evidence=evidence,
            tests=2 if can_answer and not math.isnan(contrast.p) else 1,
            is_same_run=not contrast.is_tested,
            lower_is_better=rule.lower_is_better,
            note=FLAT if contrast.is_flat else "",
        )


def measured_contrast(contrast: Contrast, rule: Rule) -> Measured:
    """What an effect that is no comparison of two arms brings into the family: its scores alone."""
    p = contrast.p
    evidence = Evidence(contrast.effect.mean, p, None, math.nan, math.nan, 0, 0, p)
    value, error = contrast.effect.mean, contrast.error
    return Measured(
        value=value,
        error=error,
        df=contrast.df,
        margin=contrast.margin,
        p=p,
        p_equivalence=contrast.p_equivalence,
        evidence=evidence,
        lower_is_better=rule.lower_is_better,
    )


def measured_pairs(pairs: Sequence[Pair], rule: Rule, seeds: Collection[int] | None = None) -> list[MeasuredPair]:
    """The pairs by their runs of these seeds (all by default), their spreads steadied by one another."""
    within = [tuple(arm if seeds is None else arm.of_seeds(seeds) for arm in pair) for pair in pairs]
    contrasts = with_borrowed_spread([_contrast(arm, baseline, rule) for arm, baseline in within], rule.borrow)
    divergences = [divergence_of(arm, baseline) for arm, baseline in within]
    return [MeasuredPair(*each) for each in zip(contrasts, divergences, strict=True)]


def compare_all(pairs: Sequence[Pair], rule: Rule) -> tuple[Comparison, ...]:
    """Comparisons that are looked at once, adjusted together, in the order given."""
    measured = measured_pairs(pairs, rule)
    judged = judge_once([each.measured(rule) for each in measured], rule)
    family = max(1, sum(each.measured(rule).is_tested for each in measured))
    return tuple(comparison_of(*each, family, rule) for each in zip(pairs, measured, judged, strict=True))


@dataclass(frozen=True)
class Judgement:
    """A pair's place among those that are looked at together: what was measured, and the verdict."""

    contrast: Contrast
    divergence: Divergence
    verdict: Verdict


def judge_all(pairs: Sequence[Pair], rule: Rule) -> tuple[Judgement, ...]:
    """The verdicts alone, without what a table shows next to them: a hundred times faster."""
    measured = measured_pairs(pairs, rule)
    results = [judged.last for judged in judge_once([each.measured(rule) for each in measured], rule)]
    return tuple(
        Judgement(pair.contrast, pair.divergence, result.verdict)
        for pair, result in zip(measured, results, strict=True)
        if result is not None
    )


def judge_once(measured: Sequence[Measured], rule: Rule) -> tuple[Judged, ...]:
    """The verdicts on what is looked at once, with all of alpha."""
    family = Family(len(measured), ONE_LOOK, rule)
    family.take(0, measured)
    return family.judged


def _contrast(arm: ArmScores, baseline: ArmScores, rule: Rule) -> Contrast:
    """The first arm against the second, by their common seeds; untested where both are the same run."""
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


def comparison_of(
    pair: Pair, latest: MeasuredPair, judged: Judged, family: float, rule: Rule, share: float = 1.0, why: str = ""
) -> Comparison:
    """The comparison as it is shown; `family`: of questions, by their weights, `share`: of alpha, at a look to come.

    `latest`: the pair by the runs that the verdict is from. `why`: the reason where no look has been taken.
    """
    arm, baseline = pair
    contrast, last = latest.contrast, judged.last
    effect, alpha = contrast.effect, rule.alpha * share / family
    verdict = last.verdict if last is not None else Verdict("can't tell", why) if contrast.is_tested else SAME
    difference = paired_difference(arm.scores, baseline.scores, rule.confidence)
    if last is not None and contrast.is_tested and not contrast.is_flat:
        effect = replace(effect, low=last.low, high=last.high)
    return Comparison(
        arm=arm.name,
        baseline=baseline.name,
        contrast=contrast,
        shown=shown_estimate(effect, rule),
        difference=difference if contrast.is_tested else without_interval(difference),
        divergence=latest.divergence,
        p_adjusted=last.p if last is not None else math.nan,
        p_equivalence_adjusted=last.p_equivalence if last is not None else math.nan,
        finding=verdict.finding,
        reason=verdict.reason,
        detectable=rule.shown(smallest_detectable(effect.n, contrast.spread, alpha, rule.power)),
        seeds_needed=seeds_needed(effect.mean, contrast.spread, alpha, rule.power),
        judged=judged,
        level=last.level if last is not None else rule.confidence,
        scatter=unlike_scatter(arm, baseline, rule),
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
