"""The evidence of the trials for one claim: its two p-values, and the answer once all claims adjust them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from ablations.leaderboard.claims.records import AnsweredClaim, Counts, Outcome, Seen
from ablations.leaderboard.claims.values import arm_scores
from ablations.results.results import Result
from ablations.statistics import (
    ArmScores,
    Contrast,
    Rule,
    answer_comparison,
    answer_effect,
    contrast_of,
    divergence_of,
)
from ablations.statistics.comparison import (
    Judgement,
    comparison_of,
    judged_verdict,
    shared_p,
    shown_estimate,
)
from ablations.statistics.contrast import contrast_of_values
from ablations.statistics.power import seeds_needed, smallest_detectable
from ablations.statistics.verdict import FLAT, SAME, even_divergence
from ablations.study.claims.measures import MEASURES, Measure, Of
from ablations.study.claims.records import Claim, OfArms, OfEffects, OfGenerators


@dataclass(frozen=True)
class Adjusted:
    """A claim's p-values, adjusted over this many claims."""

    p: float
    p_equivalence: float
    family: int


@dataclass(frozen=True)
class ClaimEvidence:
    """p of no effect and p of an effect as large as the margin, NaN where unknown; `answer` follows from both."""

    p: float
    p_equivalence: float
    answer: Callable[[Adjusted], AnsweredClaim]


@dataclass(frozen=True)
class Case:
    """A claim to be tested, with its metric and the trials of each arm. `rule` is the metric's."""

    claim: Claim
    rule: Rule
    trials: Mapping[str, Sequence[Result]]
    of: Of

    @property
    def measure(self) -> Measure:
        return MEASURES[self.claim.metric]

    def scores(self, arm: str) -> ArmScores:
        """The scores of an arm; an arm without trials has none."""
        return arm_scores(arm, self.trials.get(arm, ()), self.measure, self.of, self.rule)

    def answer(
        self, outcome: Outcome, reason: str, adjusted: Adjusted, seen: Seen | None = None, notes: Sequence[str] = ()
    ) -> AnsweredClaim:
        p, p_equivalence = adjusted.p, adjusted.p_equivalence
        return AnsweredClaim(self.claim, self.rule, outcome, reason, p, p_equivalence, seen, notes=tuple(notes))


def of_arms(case: Case, test: OfArms) -> ClaimEvidence:
    """Two arms compared over their common seeds, divergence included, as in the leaderboard's verdicts."""
    left, right = case.scores(test.left), case.scores(test.right)
    if left.is_same_as(right):
        return same_run(case)
    contrast, divergence = contrast_of(((1.0, left), (-1.0, right)), right, case.rule), divergence_of(left, right)

    def answer(adjusted: Adjusted) -> AnsweredClaim:
        p, p_equivalence = adjusted.p, adjusted.p_equivalence
        verdict = judged_verdict(contrast, divergence, p, p_equivalence, case.rule)
        judgement = Judgement(contrast, divergence, p, p_equivalence, verdict)
        comparison = comparison_of((left, right), judgement, adjusted.family, case.rule)
        assert case.claim.relation is not None
        answered = answer_comparison(comparison, case.claim.relation, case.rule)
        diverged = divergence.both + divergence.only_arm, divergence.both + divergence.only_baseline
        notes = [f"diverged: {diverged[0]} against {diverged[1]} of {divergence.seeds}"] if any(diverged) else []
        seen = _seen(contrast, case.rule, adjusted)
        return case.answer(answered.outcome, comparison.reason, adjusted, seen, notes)

    return ClaimEvidence(shared_p(contrast.p, divergence, case.rule), contrast.p_equivalence, answer)


def of_counts(case: Case, test: OfArms) -> ClaimEvidence:
    """How often runs go wrong: McNemar's exact test on the seeds in which just one of the two did."""
    left, right = case.scores(test.left), case.scores(test.right)
    if left.is_same_as(right):
        return same_run(case)
    wrong = divergence_of(left, right)

    def answer(adjusted: Adjusted) -> AnsweredClaim:
        counts = Counts(wrong.both + wrong.only_arm, wrong.both + wrong.only_baseline, wrong.seeds)
        outcome: Outcome = "can't tell"
        reason = f"adjusted p = {adjusted.p:.2g}"
        if adjusted.p <= case.rule.alpha:
            outcome = "supported" if (wrong.excess < 0) == (case.claim.relation == "<") else "refuted"
        elif not wrong.can_answer(case.rule.alpha):
            alone = wrong.only_arm + wrong.only_baseline
            reason = f"in {alone} seed{'s' if alone != 1 else ''} just one of the two went wrong: too few"
        return AnsweredClaim(case.claim, case.rule, outcome, reason, adjusted.p, adjusted.p_equivalence, counts=counts)

    return ClaimEvidence(wrong.p if wrong.seeds else math.nan, math.nan, answer)


def of_effects(case: Case, test: OfEffects) -> ClaimEvidence:
    """The difference of two differences (ratio of ratios) within each seed that all arms have."""
    arms = {name: case.scores(name) for name in dict.fromkeys(test.arms)}
    for effect in (test.left, test.right):
        if arms[effect.with_it].is_same_as(arms[effect.without_it]):
            return same_run(case, f" ({effect.with_it} and {effect.without_it})")
    weights = dict.fromkeys(arms, 0.0)
    for weight, name in zip((1.0, -1.0, -1.0, 1.0), test.arms, strict=True):
        weights[name] += weight
    contrast = contrast_of([(weights[name], arm) for name, arm in arms.items()], arms[test.right.without_it], case.rule)
    ended = frozenset.intersection(*(frozenset(arm.seeds) for arm in arms.values()))
    diverged = [len(arm.diverged & ended) for arm in arms.values()]
    return of_contrast(case, contrast, max(diverged) - min(diverged), len(ended))


def same_run(case: Case, which: str = "") -> ClaimEvidence:
    """No test: what the claim compares is one run under two names."""
    reason = f"{SAME.finding}: {SAME.reason}{which}"
    return ClaimEvidence(math.nan, math.nan, lambda adjusted: case.answer("can't tell", reason, adjusted))


def of_generators(case: Case, test: OfGenerators) -> ClaimEvidence:
    """The last against the best generator of the same run, averaged over the arms within each seed."""
    left: Of = test.left
    right: Of = "last" if left == "best" else "best"
    by_seed: dict[int, list[float]] = {}
    base, same, runs = [], 0, 0
    for arm in test.arms:
        trials = case.trials.get(arm, ())
        one = arm_scores(arm, trials, case.measure, left, case.rule).scores
        other = arm_scores(arm, trials, case.measure, right, case.rule).scores
        for trial in trials:
            if trial.seed in one and trial.seed in other and _one_protocol(trial, case.claim.metric):
                difference = case.rule.transform(one[trial.seed]) - case.rule.transform(other[trial.seed])
                by_seed.setdefault(trial.seed, []).append(difference)
                base.append(other[trial.seed])
                same += _is_last(trial)
                runs += 1
    seeds = tuple(sorted(by_seed))
    margin = case.rule.margin_around(fmean(base) if base else math.nan)
    contrast = contrast_of_values(seeds, tuple(fmean(by_seed[seed]) for seed in seeds), margin, case.rule)
    notes = [f"the last generator was the best in {same} of {runs} runs"]
    return of_contrast(case, contrast, 0, len(seeds), notes)


def of_contrast(case: Case, contrast: Contrast, excess: int, seeds: int, notes: Sequence[str] = ()) -> ClaimEvidence:
    """An effect on its own. Scores of survivors answer nothing where one side diverges more than the margin allows."""
    notes = [*notes, FLAT] if contrast.is_flat else notes

    def answer(adjusted: Adjusted) -> AnsweredClaim:
        seen = _seen(contrast, case.rule, adjusted)
        if not even_divergence(excess, seeds, case.rule):
            reason = f"one of the arms diverges in {excess} of {seeds} seeds more than another"
            return case.answer("can't tell", reason, adjusted, seen, notes)
        assert case.claim.relation is not None
        effect, p, p_equivalence = contrast.effect.mean, adjusted.p, adjusted.p_equivalence
        answered = answer_effect(effect, p, p_equivalence, case.claim.relation, case.rule)
        return case.answer(answered.outcome, answered.reason, adjusted, seen, notes)

    return ClaimEvidence(contrast.p, contrast.p_equivalence, answer)


def _seen(contrast: Contrast, rule: Rule, adjusted: Adjusted) -> Seen:
    effect, alpha = contrast.effect, rule.alpha / adjusted.family
    return Seen(
        shown=shown_estimate(effect, rule),
        by_seed={s: rule.shown(value) for s, value in zip(contrast.seeds, contrast.values, strict=True)},
        none=(rule.shown(-contrast.margin), rule.shown(contrast.margin)),
        detectable=rule.shown(smallest_detectable(effect.n, effect.sd, alpha, rule.power)),
        seeds_needed=seeds_needed(effect.mean, effect.sd, alpha, rule.power),
    )


def _one_protocol(trial: Result, metric: str) -> bool:
    best, last = trial.score(metric, "best"), trial.score(metric, "last")
    return best is not None and last is not None and best.stamp == last.stamp


def _is_last(trial: Result) -> bool:
    best, last = trial.generator("best"), trial.generator("last")
    return best is not None and last is not None and best.kimg == last.kimg
