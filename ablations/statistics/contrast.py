"""A weighted sum of arms' scores within each seed, with what a t test, an equivalence test and sign flips say of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ablations.statistics.estimate import Estimate, estimate, hedges_g, without_interval
from ablations.statistics.rule import Rule
from ablations.statistics.scores import ArmScores
from ablations.statistics.significance import equivalence_p, inside_p, sign_flip_p, two_sided_p

Term = tuple[float, ArmScores]


@dataclass(frozen=True)
class Contrast:
    """One effect on the rule's scale (a log ratio of FIDs by default), by seed and on average. NaN: too few seeds."""

    seeds: tuple[int, ...]  # those in which every arm has a score
    values: tuple[float, ...]
    effect: Estimate  # its mean over seeds, with the paired t interval
    p: float  # two-sided paired t test of an effect of 0: carries the verdict; of sign flips where `is_flat`
    margin: float  # on the rule's scale, to both sides
    p_equivalence: float  # that the effect is as large as the margin: the two-sided interval at 1 - p just touches it
    is_tested: bool = True  # false of one run under two names: no interval, no p
    spread: float = math.nan  # sd of the values that the test uses: their own, or one that is steadied by others'
    df: float = 0  # degrees of freedom of that spread
    borrowed: int = 0  # how many of these come from other comparisons

    @property
    def is_flat(self) -> bool:
        """Whether the values are equal to the last digit: a t test would be certain of two of them."""
        return self.effect.is_flat

    @property
    def error(self) -> float:
        """The standard error of the effect that the test uses."""
        return self.spread / math.sqrt(self.effect.n) if self.effect.n else math.nan

    @cached_property
    def p_sign_flip(self) -> float:
        """Shown next to the t test's: it assumes no distribution, but can't reach alpha with few seeds."""
        return sign_flip_p(self.values) if self.is_tested else math.nan

    def mirrored(self) -> "Contrast":
        """The same with the opposite sign."""
        effect = Estimate(self.effect.n, -self.effect.mean, self.effect.sd, -self.effect.high, -self.effect.low)
        return replace(self, values=tuple(-value for value in self.values), effect=effect)

    @property
    def size(self) -> float:
        """The effect size, Hedges' g_z."""
        return hedges_g(self.effect)


def untested(contrast: Contrast) -> Contrast:
    """The same without what a test says: its values are 0 by construction, and have no noise to be judged by."""
    effect = without_interval(contrast.effect)
    return replace(contrast, effect=effect, p=math.nan, p_equivalence=math.nan, is_tested=False)


def contrast_of(terms: Sequence[Term], baseline: ArmScores, rule: Rule) -> Contrast:
    """The sum of weight * score over `terms` in each seed that all have; `baseline` is what a margin is a part of.

    ((1, arm), (-1, baseline)) compares two arms. ((1, both), (-1, a), (-1, b), (1, neither)) is an interaction.
    Raises ValueError for scores that the rule's scale has no place for.
    """
    seeds = tuple(sorted(frozenset.intersection(*(frozenset(arm.scores) for _, arm in terms))))
    parts = [[weight * rule.transform(arm.scores[seed]) for weight, arm in terms] for seed in seeds]
    size = max((abs(part) for seed in parts for part in seed), default=1.0)
    own = [baseline.scores[seed] for seed in seeds if seed in baseline.scores]
    margin = rule.margin_around(float(np.mean(own)) if own else math.nan)
    return contrast_of_values(seeds, tuple(map(sum, parts)), margin, rule, size)


def contrast_of_values(
    seeds: tuple[int, ...], values: tuple[float, ...], margin: float, rule: Rule, size: float = 1.0
) -> Contrast:
    """The contrast of values that are known by seed already; `size`: of the numbers that they come from.

    Values on a grid may be equal to the last digit. Their spread is not 0 for that, so no t test is made: the sign-flip
    test answers, which n equal values leave at 2 / 2^n, and for equivalence `inside_p`.
    """
    effect = estimate(values, rule.confidence, size)
    if effect.is_flat:
        p = sign_flip_p(values)
        return Contrast(seeds, values, effect, p, margin, inside_p(effect.mean, margin, effect.n))
    untested_yet = Contrast(seeds, values, effect, math.nan, margin, math.nan, spread=effect.sd, df=effect.n - 1)
    return tested_again(untested_yet)


def tested_again(contrast: Contrast) -> Contrast:
    """The contrast with the p-values that follow from its spread and degrees of freedom."""
    value, error = contrast.effect.mean, contrast.error
    p = two_sided_p(value, error, contrast.df)
    return replace(contrast, p=p, p_equivalence=equivalence_p(value, error, contrast.df, contrast.margin))
