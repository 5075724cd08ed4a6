"""Claims about effects that are seen over all arms of a factorial design, full or fractional."""

from collections.abc import Callable, Mapping, Sequence

from ablations.leaderboard.claims.evidence import Case, ClaimEvidence
from ablations.leaderboard.claims.records import AnsweredClaim, Seen
from ablations.leaderboard.claims.values import arm_scores
from ablations.leaderboard.design_effects import UNKNOWN
from ablations.leaderboard.factorial_model import FactorialRuns
from ablations.leaderboard.questions import Judge, Question, Seeds
from ablations.results.results import METRIC, Result
from ablations.statistics import Factor, Observation, answer_effect
from ablations.statistics.factorial import EstimatedEffect, effect_of
from ablations.statistics.family import Measured
from ablations.statistics.verdict import SAME, even_divergence
from ablations.study.claims.records import OfFactors
from ablations.study.setting_text import OFF

ON = "on"


def of_factors(case: Case, test: OfFactors) -> ClaimEvidence:
    """The main effect or the interaction, from a linear model of all runs with the seed as a block."""
    trials = [trial for arm in test.arms for trial in case.trials.get(arm, ())]
    names = list(dict.fromkeys(name for trial in trials for name in trial.factors))
    observations = tuple(
        Observation({name: _level(trial.factors, name) for name in names}, trial.seed, score, trial.summary.outcome)
        for trial in trials
        for score in _scores(case, trial)
    )
    runs = FactorialRuns(observations, tuple(Factor(name, (OFF, ON)) for name in names))

    def found(seeds: Seeds) -> EstimatedEffect | None:
        effects = runs.at(seeds, case.rule).effects
        return next((e for e in effects if {name for name, _ in e.about} == set(test.factors)), None)

    def measure(seeds: Seeds) -> Measured:
        effect = found(seeds)
        return UNKNOWN if effect is None else effect.measured

    def answer(inquiry: Judge) -> AnsweredClaim:
        return _answer(case, runs, found, question, inquiry)

    # the design's own effects are asked about the FID: the same question, if it is about the same effect
    by_design = ":".join(name for name in names if name in test.factors)
    if case.claim.metric == METRIC:
        question = Question(f"effect {by_design}", test.arms, case.rule, measure)
    else:
        question = case.question(f"effect {by_design}", test.arms, measure)
    return ClaimEvidence(question, answer)


def _level(factors: Mapping[str, str], name: str) -> str:
    return OFF if factors.get(name, OFF) == OFF else ON


def _scores(case: Case, trial: Result) -> Sequence[float | None]:
    """A run's score, None if it diverged; left out where it has not ended or has no usable score."""
    own = arm_scores(trial.arm, [trial], case.measure, case.of, case.rule)
    return [*own.scores.values(), *[None] * len(own.diverged)]


def _answer(
    case: Case,
    runs: FactorialRuns,
    found: Callable[[Seeds], EstimatedEffect | None],
    question: Question,
    inquiry: Judge,
) -> AnsweredClaim:
    rule, claimed = case.rule, case.claim.relation
    seeds = inquiry.seeds_of(question)
    estimated, judged = found(seeds), inquiry.judged(question)
    result = judged.last
    if estimated is not None and estimated.measured.is_same_run:
        return case.answer("can't tell", f"{SAME.finding}: {SAME.reason}", result)
    if estimated is None or not estimated.is_estimable or estimated.without_verdict:
        reason = "too few runs" if estimated is None or not estimated.without_verdict else estimated.without_verdict
        return case.answer("can't tell", reason, None)
    effect = effect_of(runs.at(seeds, rule), estimated, judged, rule)
    margin = estimated.measured.margin
    level = rule.confidence if result is None else result.level
    seen = Seen(effect.shown, {}, (rule.shown(-margin), rule.shown(margin)), float("nan"), None, level)
    notes = [f"what the design can show is {effect.estimates}"] if effect.aliases else []
    diverged = estimated.diverged
    if not even_divergence(diverged.excess, diverged.runs_with, rule):
        reason = (
            f"{diverged.diverged_with} of {diverged.runs_with} runs with it diverged, "
            f"{diverged.diverged_without} of {diverged.runs_without} without"
        )
        return case.answer("can't tell", reason, result, seen, notes)
    if result is None:
        return case.answer("can't tell", inquiry.why_no_look, None, seen, notes)
    assert claimed is not None
    answered = answer_effect(result, claimed, rule)
    return case.answer(answered.outcome, answered.reason, result, seen, notes)
