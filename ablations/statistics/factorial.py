"""Main effects and two-way interactions of a factorial design, full or fractional, with missing cells or without."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ablations.statistics.comparison import judge_once, shown_estimate
from ablations.statistics.divergence import DivergenceByLevel, divergence_by_level
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
from ablations.statistics.family import Judged, Measured
from ablations.statistics.rule import Rule
from ablations.statistics.significance import ROUNDING, equivalence_p, two_sided_p
from ablations.statistics.verdict import SAME, Evidence, Finding, Verdict


@dataclass(frozen=True)
class EstimatedEffect:
    """A main effect, or an interaction of two, as the runs of one look show it. NaN where the design cannot tell.

    `estimates`: what the number stands for, its own name, or 'A + 0.5 B:C' where the design mixes effects. `aliases`:
    what it is mixed up with; 'mean' if with the mean of all runs. `without_verdict`: why no verdict is possible, or ''.
    """

    name: str  # 'A', 'A:B', 'loss[hinge]'
    about: Levels
    estimates: str
    aliases: tuple[str, ...]
    measured: Measured
    diverged: DivergenceByLevel
    without_verdict: str = ""

    @property
    def is_estimable(self) -> bool:
        """Whether the design gives it a number of its own or in a sum."""
        return not math.isnan(self.measured.value)


@dataclass(frozen=True)
class FactorialEstimates:
    """The whole model at one look: score = seed + effects, by ordinary least squares on the rule's scale."""

    effects: tuple[EstimatedEffect, ...]
    runs: int
    diverged: int
    degrees_of_freedom: int
    residual_sd: float


@dataclass(frozen=True)
class FactorEffect:
    """An effect with its verdict. Of an interaction 'helps' says that two do more good together than both add up to.

    `effect` is on the rule's scale: its `n` is the number of runs, its `sd` the residual one, and its interval the one
    that decides. `shown` is for people: a ratio (of ratios, for an interaction), or a difference.
    """

    name: str
    about: Levels
    estimates: str
    aliases: tuple[str, ...]
    effect: Estimate
    shown: Estimate
    p: float
    p_equivalence: float
    p_adjusted: float
    p_equivalence_adjusted: float
    diverged_with: int  # runs of the last level (of all, for an interaction) that diverged
    diverged_without: int
    finding: Finding
    reason: str
    judged: Judged

    @property
    def estimable(self) -> bool:
        """Whether the design gives it a number of its own or in a sum."""
        return not math.isnan(self.effect.mean)


@dataclass(frozen=True)
class FactorialFit:
    """The model with the verdicts on its effects."""

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
    """The effects of runs that are looked at once, adjusted together."""
    model = estimate_factorial(observations, factors, rule, interactions)
    judged = judge_once([effect.measured for effect in model.effects], rule)
    effects = tuple(effect_of(model, effect, one, rule) for effect, one in zip(model.effects, judged, strict=True))
    return FactorialFit(effects, model.runs, model.diverged, model.degrees_of_freedom, model.residual_sd)


def estimate_factorial(
    observations: Sequence[Observation], factors: Sequence[Factor], rule: Rule, interactions: bool = True
) -> FactorialEstimates:
    """Ordinary least squares with the seed as a block: a fixed effect of its own, so comparisons stay within seeds.

    Any subset of the cells will do: missing and diverged ones make the design unbalanced, and what it cannot tell apart
    any more is reported as an alias. Errors take the residuals for one normal sample; they are NaN without a degree of
    freedom left. Interactions of three and more are taken for 0. Verdicts follow `decide`, but that runs are not in
    pairs here. Where the runs with the better scores diverge more often, a verdict by scores stands only if it holds
    (at the look's share of alpha, not adjusted for other effects) when each diverged run is as far from its seed's mean
    as the worst of all runs, and if Fisher's exact test sees no difference in how often they diverge. "No difference"
    asks for even divergence as a part of the runs with the level. Raises ValueError for an unknown level, or a score
    that the rule's scale has no place for.
    """
    scored = [observation for observation in observations if observation.score is not None]
    columns = model_columns(scored, factors, interactions)
    if not scored:
        return FactorialEstimates((), 0, len(observations), 0, math.nan)
    structure, model = _fitted(scored, columns, rule)
    lost = len(observations) - model.runs
    worst = _with_the_worst(observations, factors, rule, interactions) if lost else {}
    effects = _effects(columns, structure, model, observations, worst, rule)
    return FactorialEstimates(effects, model.runs, lost, model.df, model.sd)


def effect_of(model: FactorialEstimates, estimated: EstimatedEffect, judged: Judged, rule: Rule) -> FactorEffect:
    """The effect as it is shown; `model` and `estimated` are those of the look that the verdict is from."""
    last, measured = judged.last, estimated.measured
    low, high = (math.nan, math.nan) if last is None or math.isnan(measured.error) else (last.low, last.high)
    estimate = Estimate(model.runs, measured.value, model.residual_sd, low, high)
    verdict = SAME if measured.is_same_run else Verdict("can't tell", "no look has been taken yet")
    verdict = last.verdict if last is not None else verdict
    reason = estimated.without_verdict if verdict.finding == "can't tell" and estimated.without_verdict else ""
    return FactorEffect(
        name=estimated.name,
        about=estimated.about,
        estimates=estimated.estimates,
        aliases=estimated.aliases,
        effect=estimate,
        shown=shown_estimate(estimate, rule),
        p=measured.p,
        p_equivalence=measured.p_equivalence,
        p_adjusted=last.p if last is not None else math.nan,
        p_equivalence_adjusted=last.p_equivalence if last is not None else math.nan,
        diverged_with=estimated.diverged.diverged_with,
        diverged_without=estimated.diverged.diverged_without,
        finding=verdict.finding,
        reason=reason or verdict.reason,
        judged=judged,
    )


def _fitted(scored: Sequence[Observation], columns: Sequence[ModelColumn], rule: Rule) -> tuple[AliasStructure, _Model]:
    seeds = sorted({observation.seed for observation in scored})
    blocks = np.array([[float(observation.seed == seed) for seed in seeds] for observation in scored])
    structure = alias_structure(blocks, columns)
    scores = [observation.score for observation in scored if observation.score is not None]
    model = _least_squares([rule.transform(score) for score in scores], blocks, columns, structure)
    return structure, model._replace(margin=rule.margin_around(float(np.mean(scores))))


def _with_the_worst(
    observations: Sequence[Observation], factors: Sequence[Factor], rule: Rule, interactions: bool
) -> dict[Levels, tuple[float, float]]:
    """By effect its value, and the p of 0, when a diverged run is as far from its seed's mean as the worst of all."""
    by_seed: dict[int, list[float]] = {}
    for one in observations:
        if one.score is not None:
            by_seed.setdefault(one.seed, []).append(rule.transform(one.score))
    means = {seed: float(np.mean(values)) for seed, values in by_seed.items()}
    distances = [value - means[seed] for seed, values in by_seed.items() for value in values]
    worst = max(distances) if rule.lower_is_better else min(distances)
    whole = [
        replace(one, score=rule.shown(means[one.seed] + worst)) if one.score is None else one
        for one in observations
        if one.seed in means
    ]
    columns = model_columns(whole, factors, interactions)
    _, model = _fitted(whole, columns, rule)
    found = {columns[index].about: each for index, each in model.coefficients.items()}
    return {about: (value, two_sided_p(value, error, model.df)) for about, (value, error) in found.items()}


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
    worst: dict[Levels, tuple[float, float]],
    rule: Rule,
) -> tuple[EstimatedEffect, ...]:
    unknown = (math.nan, math.nan)
    names = dict.fromkeys(name for column in columns for name, _ in column.about)
    idle = {name for name in names if never_acts(name, observations)}
    no_spread = model.sd < ROUNDING  # the model fits to the last digit, and says nothing of the noise
    arms = len({frozenset(one.levels.items()) for one in observations})
    effects = []
    for i, column in enumerate(columns):
        # What adds nothing changes nothing of another factor's effect either
        same = any(name in idle for name, _ in column.about)
        value, error = model.coefficients.get(i, unknown)
        error = math.nan if same or no_spread else error
        diverged = divergence_by_level(column.about, observations)
        p = two_sided_p(value, error, model.df)
        aliases = _aliases(i, columns, structure)
        evidence = Evidence(
            effect=value,
            p_score=p,
            p_divergence=None,
            p_adjusted=math.nan,
            p_equivalence_adjusted=math.nan,
            excess=diverged.excess,
            seeds=diverged.runs_with,
            p_seeds=_p_of_all_runs(value, diverged, worst.get(column.about, unknown), rule),
        )
        p_equivalence = equivalence_p(value, error, model.df, model.margin)
        measured = Measured(
            value=value,
            error=error,
            df=model.df,
            margin=model.margin,
            p=p,
            p_equivalence=p_equivalence,
            evidence=evidence,
            grows_by=arms - 1,
            is_same_run=same,
            lower_is_better=rule.lower_is_better,
        )
        why = _why_not(model, aliases if i not in structure.kept else ())
        estimates = structure.expression(i, columns) if i in structure.kept else ""
        effects.append(EstimatedEffect(column.name, column.about, estimates, aliases, measured, diverged, why))
    return tuple(effects)


def _p_of_all_runs(value: float, diverged: DivergenceByLevel, with_the_worst: tuple[float, float], rule: Rule) -> float:
    """p of the effect with diverged runs as the worst of all; 1 where it then lies on the other side of 0, or where
    one side diverges significantly more often.
    """
    if not diverged.diverged_with + diverged.diverged_without:
        return 0.0
    all_runs, p = with_the_worst
    if diverged.p <= rule.alpha or not all_runs * value > 0:
        return 1.0
    return p


def _why_not(model: _Model, mixed_with: Sequence[str]) -> str:
    if mixed_with:
        return f"cannot be told from {', '.join(mixed_with)}"
    if not model.df:
        return "no degree of freedom is left: as many effects as runs"
    if model.sd < ROUNDING:
        return "the model fits these scores to the last digit, and a residual spread of 0 can't be estimated"
    return ""


def _aliases(index: int, columns: Sequence[ModelColumn], structure: AliasStructure) -> tuple[str, ...]:
    if index in structure.mixed:
        return tuple(columns[other].name for other in structure.mixed[index]) or (MEAN,)
    return tuple(columns[other].name for other, kept in structure.mixed.items() if index in kept)
