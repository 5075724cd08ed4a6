"""Main effects and two-way interactions of a factorial design, full or fractional, with missing cells or without."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ablations.statistics.comparison import shown_estimate
from ablations.statistics.divergence import divergence_by_level
from ablations.statistics.estimate import Estimate
from ablations.statistics.factor_columns import (
    MEAN,
    AliasStructure,
    Factor,
    Levels,
    ModelColumn,
    Observation,
    alias_structure,
    model_columns,
    never_acts,
)
from ablations.statistics.rule import Rule
from ablations.statistics.significance import ROUNDING, equivalence_p, holm, two_sided_p
from ablations.statistics.verdict import SAME, Evidence, Finding, Verdict, decide


@dataclass(frozen=True)
class FactorEffect:
    """A main effect, or an interaction of two. NaN where the design cannot tell."""

    name: str  # 'A', 'A:B', 'loss[hinge]'
    about: Levels
    estimates: str  # what the number stands for: its own name, or 'A + 0.5 B:C' where the design mixes effects
    aliases: tuple[str, ...]  # what it is mixed up with; 'mean' if with the mean of all runs
    effect: Estimate  # on the rule's scale; `n` is the number of runs, `sd` the residual one
    shown: Estimate  # for people: a ratio (of ratios, for an interaction), or a difference
    p: float
    p_equivalence: float
    p_holm: float
    p_equivalence_holm: float
    diverged_with: int  # runs of the last level (of all, for an interaction) that diverged
    diverged_without: int
    finding: Finding  # of an interaction: 'helps' if the two do more good together than each by itself adds up to
    reason: str

    @property
    def estimable(self) -> bool:
        """Whether the design gives it a number of its own or in a sum."""
        return not math.isnan(self.effect.mean)


@dataclass(frozen=True)
class FactorialFit:
    """The whole model: score = seed + effects, by ordinary least squares on the rule's scale."""

    effects: tuple[FactorEffect, ...]
    runs: int
    diverged: int
    degrees_of_freedom: int
    residual_sd: float


class _Model(NamedTuple):
    runs: int
    df: int
    sd: float
    margin: float
    coefficients: dict[int, tuple[float, float]]  # column -> value, standard error


def fit_factorial(
    observations: Sequence[Observation], factors: Sequence[Factor], rule: Rule, interactions: bool = True
) -> FactorialFit:
    """Ordinary least squares with the seed as a block: a fixed effect of its own, so comparisons stay within seeds.

    Any subset of the cells will do: missing and diverged ones make the design unbalanced, and what it cannot tell apart
    any more is reported as an alias. Intervals take the residuals for one normal sample; they are NaN without a degree
    of freedom left. Interactions of three and more are taken for 0. Verdicts follow `decide`, but that runs are not in
    pairs here: one by score is withheld if the runs with the better scores diverge significantly more often (Fisher's
    exact test, unadjusted), and "no difference" asks for even divergence as a part of the runs with the level.
    Raises ValueError for an unknown level, or a score that the rule's scale has no place for.
    """
    scored = [observation for observation in observations if observation.score is not None]
    columns = model_columns(scored, factors, interactions)
    if not scored:
        return FactorialFit((), 0, len(observations), 0, math.nan)
    seeds = sorted({observation.seed for observation in scored})
    blocks = np.array([[float(observation.seed == seed) for seed in seeds] for observation in scored])
    structure = alias_structure(blocks, columns)
    scores = [observation.score for observation in scored if observation.score is not None]
    model = _least_squares([rule.transform(score) for score in scores], blocks, columns, structure)
    model = model._replace(margin=rule.margin_around(float(np.mean(scores))))
    effects = _effects(columns, structure, model, observations, rule)
    return FactorialFit(effects, model.runs, len(observations) - model.runs, model.df, model.sd)


def _least_squares(
    y: Sequence[float], blocks: NDArray[np.float64], columns: Sequence[ModelColumn], structure: AliasStructure
) -> _Model:
    from statsmodels.regression.linear_model import OLS  # takes most of a second, and few commands need it

    fit = OLS(np.asarray(y), np.column_stack([blocks, *(columns[i].values for i in structure.kept)])).fit()
    df = round(fit.df_resid)
    sd = math.sqrt(float(fit.ssr) / df) if df else math.nan
    coefficients = {
        index: (float(fit.params[at]), float(fit.bse[at]) if df else math.nan)
        for at, index in enumerate(structure.kept, start=blocks.shape[1])
    }
    return _Model(len(y), df, sd, math.nan, coefficients)


def _effects(
    columns: Sequence[ModelColumn],
    structure: AliasStructure,
    model: _Model,
    observations: Sequence[Observation],
    rule: Rule,
) -> tuple[FactorEffect, ...]:
    unknown = (math.nan, math.nan)
    values = [model.coefficients.get(i, unknown) for i in range(len(columns))]
    names = dict.fromkeys(name for column in columns for name, _ in column.about)
    idle = {name for name in names if never_acts(name, observations)}
    # What adds nothing changes nothing of another factor's effect either
    same = [any(name in idle for name, _ in column.about) for column in columns]
    no_spread = model.sd < ROUNDING  # the model fits to the last digit, and says nothing of the noise
    tested = [unknown if is_same or no_spread else value for value, is_same in zip(values, same, strict=True)]
    p = [two_sided_p(value, error, model.df) for value, error in tested]
    adjusted = holm(p)
    p_equivalence = [equivalence_p(value, error, model.df, model.margin) for value, error in tested]
    equivalence = holm(p_equivalence)
    quantile = float(stats.t.ppf((1 + rule.confidence) / 2, model.df)) if model.df else math.nan
    effects = []
    for i, column in enumerate(columns):
        value, half = values[i][0], quantile * tested[i][1]
        estimate = Estimate(model.runs, value, model.sd, value - half, value + half)
        diverged = divergence_by_level(column.about, observations)
        aliases = _aliases(i, columns, structure)
        evidence = Evidence(
            effect=value,
            p_score=p[i],
            p_divergence=None,
            p_holm=adjusted[i],
            p_equivalence_holm=equivalence[i],
            excess=diverged.excess,
            seeds=diverged.runs_with,
            p_seeds=math.nan if diverged.p <= rule.alpha else 0.0,
        )
        verdict = SAME if same[i] else decide(evidence, rule)
        effects.append(
            FactorEffect(
                name=column.name,
                about=column.about,
                estimates=structure.expression(i, columns) if i in structure.kept else "",
                aliases=aliases,
                effect=estimate,
                shown=shown_estimate(estimate, rule),
                p=p[i],
                p_equivalence=p_equivalence[i],
                p_holm=adjusted[i],
                p_equivalence_holm=equivalence[i],
                diverged_with=diverged.diverged_with,
                diverged_without=diverged.diverged_without,
                finding=verdict.finding,
                reason=_reason(verdict, model, same[i], aliases if i not in structure.kept else ()),
            )
        )
    return tuple(effects)


def _reason(verdict: Verdict, model: _Model, is_same: bool, mixed_with: Sequence[str]) -> str:
    if is_same:
        return verdict.reason
    if mixed_with:
        return f"cannot be told from {', '.join(mixed_with)}"
    if not model.df:
        return "no degree of freedom is left: as many effects as runs"
    if model.sd < ROUNDING:
        return "the model fits these scores to the last digit, and a residual spread of 0 can't be estimated"
    return verdict.reason


def _aliases(index: int, columns: Sequence[ModelColumn], structure: AliasStructure) -> tuple[str, ...]:
    if index in structure.mixed:
        return tuple(columns[other].name for other in structure.mixed[index]) or (MEAN,)
    return tuple(columns[other].name for other, kept in structure.mixed.items() if index in kept)
