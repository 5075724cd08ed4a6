"""Claims about effects that are seen over all arms of a factorial design, full or fractional."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from ablations.leaderboard.claims.evidence import Adjusted, Case, ClaimEvidence, same_run
from ablations.leaderboard.claims.records import AnsweredClaim, Seen
from ablations.leaderboard.claims.values import arm_scores
from ablations.results.results import Result
from ablations.statistics import Factor, FactorEffect, Observation, answer_effect, fit_factorial
from ablations.statistics.divergence import DivergenceByLevel, divergence_by_level
from ablations.statistics.verdict import even_divergence
from ablations.study.claims.records import OfFactors
from ablations.study.setting_text import OFF

ON = "on"


def of_factors(case: Case, test: OfFactors) -> ClaimEvidence:
    """The main effect or the interaction, from a linear model of all runs with the seed as a block."""
    trials = [trial for arm in test.arms for trial in case.trials.get(arm, ())]
    names = list(dict.fromkeys(name for trial in trials for name in trial.factors))
    observations = [
        Observation({name: _level(trial.factors, name) for name in names}, trial.seed, score, trial.summary.outcome)
        for trial in trials
        for score in _scores(case, trial)
    ]
    fit = fit_factorial(observations, [Factor(name, (OFF, ON)) for name in names], case.rule)
    effect = next((e for e in fit.effects if {name for name, _ in e.about} == set(test.factors)), None)
    if effect is not None and effect.finding == "same run":
        return same_run(case)
    if effect is None or not effect.estimable or math.isnan(effect.p):
        reason = "too few runs" if effect is None else effect.reason
        return ClaimEvidence(math.nan, math.nan, lambda adjusted: case.answer("can't tell", reason, adjusted))
    margin = case.rule.margin_around(fmean(o.score for o in observations if o.score is not None))
    diverged = divergence_by_level(effect.about, observations)
    return ClaimEvidence(
        effect.p, effect.p_equivalence, lambda adjusted: _answer(case, effect, margin, diverged, adjusted)
    )


def _level(factors: Mapping[str, str], name: str) -> str:
    return OFF if factors.get(name, OFF) == OFF else ON


def _scores(case: Case, trial: Result) -> Sequence[float | None]:
    """A run's score, None if it diverged; left out where it has not ended or has no usable score."""
    own = arm_scores(trial.arm, [trial], case.measure, case.of, case.rule)
    return [*own.scores.values(), *[None] * len(own.diverged)]


def _answer(
    case: Case, effect: FactorEffect, margin: float, diverged: DivergenceByLevel, adjusted: Adjusted
) -> AnsweredClaim:
    rule, claimed = case.rule, case.claim.relation
    seen = Seen(effect.shown, {}, (rule.shown(-margin), rule.shown(margin)), math.nan, None)
    notes = [f"what the design can show is {effect.estimates}"] if effect.aliases else []
    if not even_divergence(diverged.excess, diverged.runs_with, rule):
        reason = (
            f"{diverged.diverged_with} of {diverged.runs_with} runs with it diverged, "
            f"{diverged.diverged_without} of {diverged.runs_without} without"
        )
        return case.answer("can't tell", reason, adjusted, seen, notes)
    assert claimed is not None
    answered = answer_effect(effect.effect.mean, adjusted.p, adjusted.p_equivalence, claimed, rule)
    return case.answer(answered.outcome, answered.reason, adjusted, seen, notes)
