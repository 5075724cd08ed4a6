"""What the trials say of one claim: the question that it is, and its answer once all questions are judged."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from ablations.leaderboard.claims.records import AnsweredClaim, Counts, Outcome, Seen
from ablations.leaderboard.claims.values import arm_scores
from ablations.leaderboard.design_effects import compared_pair, pair_question
from ablations.leaderboard.questions import Judge, Question, Seeds
from ablations.results.results import Result
from ablations.statistics import (
    ArmScores,
    Contrast,
    LookResult,
    Rule,
    answer_comparison,
    answer_effect,
    contrast_of,
    divergence_of,
)
from ablations.statistics.comparison import measured_contrast, shown_estimate
from ablations.statistics.contrast import contrast_of_values
from ablations.statistics.estimate import Estimate
from ablations.statistics.family import Measured
from ablations.statistics.power import seeds_needed, smallest_detectable
from ablations.statistics.verdict import FLAT, SAME, Evidence, even_divergence
from ablations.study.claims.measures import MEASURES, Measure, Of
from ablations.study.claims.records import Claim, OfArms, OfEffects, OfGenerators


@dataclass(frozen=True)
class ClaimEvidence:
    """The question that a claim is, None where nothing can be tested, and what follows for the claim."""

    question: Question | None
    answer: Callable[[Judge], AnsweredClaim]


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

    def question(self, about: str, arms: Sequence[str], measure: Callable[[Seeds], Measured]) -> Question:
        """A question that is no comparison of two arms."""
        return Question(f"{self.claim.metric}: {about}", tuple(arms), self.rule, measure, None, self.claim.metric)

    def untested(self, outcome: Outcome, reason: str) -> ClaimEvidence:
        """No question: the answer is known without a test."""
        return ClaimEvidence(None, lambda inquiry: self.answer(outcome, reason, None))

    def answer(
        self,
        outcome: Outcome,
        reason: str,
        result: LookResult | None,
        seen: Seen | None = None,
        notes: Sequence[str] = (),
    ) -> AnsweredClaim:
        p, p_equivalence = (math.nan, math.nan) if result is None else (result.p, result.p_equivalence)
        look = None if result is None else result.look
        return AnsweredClaim(
            self.claim, self.rule, outcome, reason, p, p_equivalence, seen, notes=tuple(notes), look=look
        )


def of_arms(case: Case, test: OfArms) -> ClaimEvidence:
    """Two arms compared over their common seeds, divergence included, as in the leaderboard's verdicts."""
    pair = case.scores(test.left), case.scores(test.right)
    if pair[0].is_same_as(pair[1]):
        return same_run(case)
    metric = case.claim.metric

    def answer(inquiry: Judge) -> AnsweredClaim:
        comparison = compared_pair(pair, case.rule, inquiry, metric)
        divergence = comparison.divergence
        assert case.claim.relation is not None
        answered = answer_comparison(comparison, case.claim.relation, case.rule)
        diverged = divergence.both + divergence.only_arm, divergence.both + divergence.only_baseline
        notes = [f"diverged: {diverged[0]} against {diverged[1]} of {divergence.seeds}"] if any(diverged) else []
        margin = comparison.contrast.margin
        seen = Seen(
            comparison.shown,
            _by_seed(comparison.contrast, case.rule),
            (case.rule.shown(-margin), case.rule.shown(margin)),
            comparison.detectable,
            comparison.seeds_needed,
            comparison.level,
        )
        reason = comparison.reason
        if answered.outcome == "can't tell" and comparison.finding not in ("can't tell", "same run"):
            reason = f"{comparison.finding}: {reason}"
        return case.answer(answered.outcome, reason, comparison.judged.last, seen, notes)

    return ClaimEvidence(pair_question(pair, case.rule, metric), answer)


def of_counts(case: Case, test: OfArms) -> ClaimEvidence:
    """How often runs go wrong: McNemar's exact test on the seeds in which just one of the two did."""
    left, right = case.scores(test.left), case.scores(test.right)
    if left.is_same_as(right):
        return same_run(case)

    def measure(seeds: Seeds) -> Measured:
        wrong = divergence_of(left.of_seeds(seeds), right.of_seeds(seeds))
        return _without_scores(float(wrong.excess), wrong.p if wrong.seeds else math.nan)

    def answer(inquiry: Judge) -> AnsweredClaim:
        within = inquiry.seeds_of(question)
        wrong = divergence_of(left.of_seeds(within), right.of_seeds(within))
        result = inquiry.judged(question).last
        p = math.nan if result is None else result.p
        counts = Counts(wrong.both + wrong.only_arm, wrong.both + wrong.only_baseline, wrong.seeds)
        outcome: Outcome = "can't tell"
        reason = f"adjusted p = {p:.2g}" if result is not None else inquiry.why_no_look
        if p <= case.rule.alpha:
            outcome = "supported" if (wrong.excess < 0) == (case.claim.relation == "<") else "refuted"
        elif not wrong.can_answer(case.rule.alpha):
            alone = wrong.only_arm + wrong.only_baseline
            reason = f"in {alone} seed{'s' if alone != 1 else ''} just one of the two went wrong: too few"
        return replace(case.answer(outcome, reason, result), counts=counts)

    question = case.question(f"{test.left} and {test.right}", test.arms, measure)
    return ClaimEvidence(question, answer)


def _without_scores(value: float, p: float) -> Measured:
    """A test that has a p and no interval."""
    evidence = Evidence(value, p, None, math.nan, math.nan, 0, 0, p)
    return Measured(value, math.nan, 0, math.nan, p, math.nan, evidence)


def of_effects(case: Case, test: OfEffects) -> ClaimEvidence:
    """The difference of two differences (ratio of ratios) within each seed that all arms have."""
    arms = {name: case.scores(name) for name in dict.fromkeys(test.arms)}
    for effect in (test.left, test.right):
        if arms[effect.with_it].is_same_as(arms[effect.without_it]):
            return same_run(case, f" ({effect.with_it} and {effect.without_it})")
    weights = dict.fromkeys(arms, 0.0)
    for weight, name in zip((1.0, -1.0, -1.0, 1.0), test.arms, strict=True):
        weights[name] += weight

    def at(seeds: Seeds) -> "SeenContrast":
        within = {name: arm.of_seeds(seeds) for name, arm in arms.items()}
        terms = [(weights[name], arm) for name, arm in within.items()]
        ended = frozenset.intersection(*(frozenset(arm.seeds) for arm in within.values()))
        diverged = [len(arm.diverged & ended) for arm in within.values()]
        contrast = contrast_of(terms, within[test.right.without_it], case.rule)
        return SeenContrast(contrast, max(diverged) - min(diverged), len(ended))

    about = f"{test.left.with_it} - {test.left.without_it} against {test.right.with_it} - {test.right.without_it}"
    return of_contrast(case, about, at, tuple(arms))


def same_run(case: Case, which: str = "") -> ClaimEvidence:
    """No test: what the claim compares is one run under two names."""
    return case.untested("can't tell", f"{SAME.finding}: {SAME.reason}{which}")


def of_generators(case: Case, test: OfGenerators) -> ClaimEvidence:
    """The last against the best generator of the same run, averaged over the arms within each seed."""
    left: Of = test.left
    right: Of = "last" if left == "best" else "best"

    def at(seeds: Seeds) -> "SeenContrast":
        by_seed: dict[int, list[float]] = {}
        base, same, runs = [], 0, 0
        for arm in test.arms:
            trials = [trial for trial in case.trials.get(arm, ()) if trial.seed in seeds]
            one = arm_scores(arm, trials, case.measure, left, case.rule).scores
            other = arm_scores(arm, trials, case.measure, right, case.rule).scores
            for trial in trials:
                if trial.seed in one and trial.seed in other and _one_protocol(trial, case.claim.metric):
                    difference = case.rule.transform(one[trial.seed]) - case.rule.transform(other[trial.seed])
                    by_seed.setdefault(trial.seed, []).append(difference)
                    base.append(other[trial.seed])
                    same += _is_last(trial)
                    runs += 1
        found = tuple(sorted(by_seed))
        margin = case.rule.margin_around(fmean(base) if base else math.nan)
        contrast = contrast_of_values(found, tuple(fmean(by_seed[seed]) for seed in found), margin, case.rule)
        notes = (f"the last generator was the best in {same} of {runs} runs",)
        return SeenContrast(contrast, 0, len(found), notes)

    return of_contrast(case, f"{left} against {right} of {', '.join(test.arms)}", at, test.arms)


@dataclass(frozen=True)
class SeenContrast:
    """A contrast by some seeds. `excess`: how many more of the `seeds` diverged in one of the arms than in another."""

    contrast: Contrast
    excess: int
    seeds: int
    notes: tuple[str, ...] = ()


def of_contrast(case: Case, about: str, at: Callable[[Seeds], SeenContrast], arms: Sequence[str]) -> ClaimEvidence:
    """An effect on its own. Scores of survivors answer nothing where one side diverges more than the margin allows."""

    def measure(seeds: Seeds) -> Measured:
        return measured_contrast(at(seeds).contrast, case.rule)

    def answer(inquiry: Judge) -> AnsweredClaim:
        seen = at(inquiry.seeds_of(question))
        result = inquiry.judged(question).last
        shown = _seen(seen.contrast, case.rule, result, inquiry)
        notes = [*seen.notes, FLAT] if seen.contrast.is_flat else list(seen.notes)
        if not even_divergence(seen.excess, seen.seeds, case.rule):
            reason = f"one of the arms diverges in {seen.excess} of {seen.seeds} seeds more than another"
            return case.answer("can't tell", reason, result, shown, notes)
        if result is None:
            return case.answer("can't tell", inquiry.why_no_look, None, shown, notes)
        assert case.claim.relation is not None
        answered = answer_effect(result, case.claim.relation, case.rule)
        return case.answer(answered.outcome, answered.reason, result, shown, notes)

    question = case.question(about, arms, measure)
    return ClaimEvidence(question, answer)


def _seen(contrast: Contrast, rule: Rule, result: LookResult | None, inquiry: Judge) -> Seen:
    effect, alpha = contrast.effect, rule.alpha * inquiry.next_share / inquiry.tested
    if result is not None and not contrast.is_flat:
        effect = Estimate(effect.n, effect.mean, effect.sd, result.low, result.high)
    return Seen(
        shown=shown_estimate(effect, rule),
        by_seed=_by_seed(contrast, rule),
        none=(rule.shown(-contrast.margin), rule.shown(contrast.margin)),
        detectable=rule.shown(smallest_detectable(effect.n, contrast.spread, alpha, rule.power)),
        seeds_needed=seeds_needed(effect.mean, contrast.spread, alpha, rule.power),
        level=rule.confidence if result is None else result.level,
    )


def _by_seed(contrast: Contrast, rule: Rule) -> dict[int, float]:
    return {seed: rule.shown(value) for seed, value in zip(contrast.seeds, contrast.values, strict=True)}


def _one_protocol(trial: Result, metric: str) -> bool:
    best, last = trial.score(metric, "best"), trial.score(metric, "last")
    return best is not None and last is not None and best.stamp == last.stamp


def _is_last(trial: Result) -> bool:
    best, last = trial.generator("best"), trial.generator("last")
    return best is not None and last is not None and best.kimg == last.kimg
