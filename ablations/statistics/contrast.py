"""A weighted sum of arms' scores within each seed, with what a t test, an equivalence test and sign flips say of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from ablations.statistics.effect_size import hedges_g
from ablations.statistics.estimate import Estimate, estimate
from ablations.statistics.rule import Rule
from ablations.statistics.scores import ArmScores
from ablations.statistics.sign_flip import sign_flip_p

Term = tuple[float, ArmScores]


@dataclass(frozen=True)
class Contrast:
    """One effect on the rule's scale (a log ratio of FIDs by default), by seed and on average. NaN: too few seeds."""

    seeds: tuple[int, ...]  # those in which every arm has a score
    values: tuple[float, ...]
    effect: Estimate  # its mean over seeds, with the paired t interval
    p: float  # two-sided paired t test of an effect of 0: carries the verdict
    p_sign_flip: float  # beside it: assumes no distribution, but can't reach alpha with few seeds
    size: float  # Hedges' g_z
    margin: float  # on the rule's scale, to both sides
    p_equivalence: float  # two one-sided t tests: of an effect as large as the margin


def contrast_of(terms: Sequence[Term], baseline: ArmScores, rule: Rule) -> Contrast:
    """The sum of weight * score over `terms` in each seed that all have; `baseline` is what a margin is a part of.

    ((1, arm), (-1, baseline)) compares two arms. ((1, both), (-1, a), (-1, b), (1, neither)) is an interaction.
    Raises ValueError for scores that the rule's scale has no place for.
    """
    seeds = tuple(sorted(frozenset.intersection(*(frozenset(arm.scores) for _, arm in terms))))
    values = tuple(sum(weight * rule.transform(arm.scores[seed]) for weight, arm in terms) for seed in seeds)
    own = [baseline.scores[seed] for seed in seeds if seed in baseline.scores]
    margin = rule.margin_around(float(np.mean(own)) if own else math.nan)
    return contrast_of_values(seeds, values, margin, rule)


def contrast_of_values(seeds: tuple[int, ...], values: tuple[float, ...], margin: float, rule: Rule) -> Contrast:
    """The same of values that are at hand."""
    effect = estimate(values, rule.confidence)
    return Contrast(
        seeds=seeds,
        values=values,
        effect=effect,
        p=t_test_p(effect),
        p_sign_flip=sign_flip_p(values),
        size=hedges_g(effect),
        margin=margin,
        p_equivalence=equivalence_p(values, margin),
    )


def t_test_p(effect: Estimate) -> float:
    """Two-sided p of a mean of 0; 1 where all values are 0, as when a trick never acted."""
    if not effect.sd > 0:
        return effect.sd if math.isnan(effect.sd) else float(effect.mean == 0)
    return 2 * float(stats.t.sf(abs(effect.mean) / effect.sd * math.sqrt(effect.n), effect.n - 1))


def equivalence_p(values: Sequence[float], margin: float) -> float:
    """TOST (Schuirmann 1987): the larger p of two one-sided t tests, that the mean is above -margin, and below."""
    if len(values) < 2 or math.isnan(margin):
        return math.nan
    if min(values) == max(values):
        return float(abs(values[0]) >= margin)
    return float(DescrStatsW(np.asarray(values)).ttost_mean(-margin, margin)[0])
