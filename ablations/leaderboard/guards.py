"""The guards of a study: the questions that they are, and what the study's looks say of them.

They are questions of the study's one family, one for each metric and each main effect of the design, and share its
error with all others. They compare what the effects compare.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from ablations.leaderboard.claims.values import arm_scores
from ablations.leaderboard.design_effects import UNKNOWN, DesignEffects, FactorialEffects, PairedEffects
from ablations.leaderboard.factorial_model import FactorialRuns
from ablations.leaderboard.guard_records import Guards, GuardStatement
from ablations.leaderboard.questions import Inquiry, Question, Seeds
from ablations.results.results import Result
from ablations.statistics import ArmScores, Observation, Rule, divergence_of
from ablations.statistics.comparison import measured_contrast
from ablations.statistics.estimate import Estimate
from ablations.statistics.factorial import EstimatedEffect
from ablations.statistics.family import Judged, Measured
from ablations.statistics.guard import (
    GuardFinding,
    Limit,
    difference_of,
    excess_of_effect,
    excess_of_pairs,
    finding_of,
    guard_rule,
)
from ablations.statistics.verdict import FLAT, SAME, even_divergence
from ablations.study.claims.measures import MEASURES, Of
from ablations.study.setting_text import OFF, ON
from gan_core.evaluation.names import BETTER

SEVERAL = "these runs measured it under several protocols"
NO_LOOK = Judged(())
NOTHING = Estimate(0, math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Excess:
    """How far a loss is above its margin, by some seeds. `uneven`: in how many more of `of` runs one side diverged."""

    measured: Measured
    uneven: int
    of: int
    why: str = ""  # nothing can be said


At = Callable[[Seeds], Excess]


@dataclass(frozen=True)
class Guard:
    """One guard of one effect. `question` is None where nothing can be tested, for the reason `why`."""

    effect: str
    metric: str
    limit: Limit
    rule: Rule
    at: At
    question: Question | None
    finding: GuardFinding = "can't tell"  # where there is no question
    why: str = ""

    def statement(self, inquiry: Inquiry) -> GuardStatement:
        """What the study's looks say of it."""
        if self.question is None:
            return self._said(self.finding, self.why)
        judged = inquiry.judged(self.question)
        seen, result = self.at(inquiry.seeds_of(self.question)), judged.last
        if result is None:
            mean = self.limit.difference(seen.measured.value)
            shown = Estimate(len(inquiry.seeds_of(self.question)), mean, math.nan, math.nan, math.nan)
            return self._said("can't tell", inquiry.why_no_look, shown)
        shown, finding = difference_of(result, self.limit), finding_of(result)
        reason = {
            "hurts": f"loses more than {self.limit.margin:g} (adjusted p = {result.p:.2g})",
            "within the margin": f"loses at most {self.limit.margin:g} (adjusted p = {result.p:.2g})",
            "same run": SAME.reason,
        }.get(finding, f"neither within {self.limit.margin:g} nor beyond is shown (adjusted p = {result.p:.2g})")
        if seen.measured.note:
            reason += f"; {seen.measured.note}"
        if seen.why:
            finding, reason = "can't tell", seen.why
        elif not even_divergence(seen.uneven, seen.of, self.rule):
            finding, reason = "can't tell", f"one side diverges in {abs(seen.uneven)} of {seen.of} runs more"
        return GuardStatement(self.metric, self.limit.margin, finding, reason, shown, result.level, result.p, judged)

    def _said(self, finding: GuardFinding, reason: str, shown: Estimate = NOTHING) -> GuardStatement:
        none = math.nan
        return GuardStatement(
            self.metric, self.limit.margin, finding, reason, shown, self.rule.confidence, none, NO_LOOK
        )


@dataclass(frozen=True)
class GuardQuestions:
    """All guards of a table."""

    margins: Mapping[str, float]
    guards: tuple[Guard, ...]

    @property
    def questions(self) -> list[Question]:
        """Those that share the family's error."""
        return [guard.question for guard in self.guards if guard.question is not None]

    def answers(self, inquiry: Inquiry) -> Guards:
        """What is said of each effect."""
        by_effect: dict[str, tuple[GuardStatement, ...]] = {}
        for guard in self.guards:
            by_effect[guard.effect] = (*by_effect.get(guard.effect, ()), guard.statement(inquiry))
        return Guards(self.margins, by_effect)


def guard_questions(
    margins: Mapping[str, float],
    design: DesignEffects,
    trials: Sequence[Result],
    rule: Rule,
    of: Of,
    mixed: Collection[str] = (),
) -> GuardQuestions:
    """The guards of the design's main effects. `mixed`: metrics with several protocols, which nothing is said of."""
    guards = []
    for metric, margin in margins.items():
        limit = Limit(margin, BETTER[metric] == "higher")
        for effect, arms, at, same in _effects(design, metric, limit, trials, rule, of):
            question, why = None, SEVERAL
            finding: GuardFinding = "can't tell"
            if same:
                finding, why = "same run", SAME.reason
            elif metric not in mixed:
                question = Question(
                    f"guard {metric}, loss less {margin:g}: {effect}",
                    arms,
                    guard_rule(rule),
                    _measure(at),
                    None,
                    f"guard {metric}",
                )
            guards.append(Guard(effect, metric, limit, rule, at, question, finding, why))
    return GuardQuestions(dict(margins), tuple(guards))


Found = tuple[str, tuple[str, ...], At, bool]  # effect, arms, what some seeds say, whether it is the same run


def _measure(at: At) -> Callable[[Seeds], Measured]:
    return lambda seeds: at(seeds).measured


def _effects(
    design: DesignEffects, metric: str, limit: Limit, trials: Sequence[Result], rule: Rule, of: Of
) -> list[Found]:
    match design:
        case PairedEffects():
            return _of_pairs(design, metric, limit, trials, rule, of)
        case FactorialEffects():
            return _of_factors(design, metric, limit, trials, rule, of)
    return []


def _of_pairs(
    design: PairedEffects, metric: str, limit: Limit, trials: Sequence[Result], rule: Rule, of: Of
) -> list[Found]:
    by_arm = {arm: list(own) for arm, own in groupby(sorted(trials, key=_arm), key=_arm)}

    def scores(arm: str) -> ArmScores:
        return arm_scores(arm, by_arm.get(arm, ()), MEASURES[metric], of, guard_rule(rule))

    pairs = {name: (scores(arm.name), scores(base.name)) for name, (arm, base) in design.by_name.items()}

    @lru_cache
    def all_at(seeds: Seeds) -> dict[str, Excess]:
        within = [(arm.of_seeds(seeds), base.of_seeds(seeds)) for arm, base in pairs.values()]
        contrasts = excess_of_pairs(within, limit, rule)
        found = {}
        for name, pair, contrast in zip(pairs, within, contrasts, strict=True):
            diverged = divergence_of(*pair)
            measured = replace(measured_contrast(contrast, guard_rule(rule)), note=FLAT if contrast.is_flat else "")
            found[name] = Excess(measured, diverged.excess, diverged.seeds)
        return found

    def at(name: str) -> At:
        return lambda seeds: all_at(seeds)[name]

    return [(name, (arm.name, base.name), at(name), arm.is_same_as(base)) for name, (arm, base) in pairs.items()]


def _of_factors(
    design: FactorialEffects, metric: str, limit: Limit, trials: Sequence[Result], rule: Rule, of: Of
) -> list[Found]:
    own = guard_rule(rule)
    names = [factor.name for factor in design.runs.factors]
    observations: list[Observation] = []
    for trial in trials:
        found = arm_scores(trial.arm, [trial], MEASURES[metric], of, own)
        levels = {name: OFF if trial.factors.get(name, OFF) == OFF else ON for name in names}
        scores = [*found.scores.values(), *[None] * len(found.diverged)]
        observations += [Observation(levels, trial.seed, score, trial.summary.outcome) for score in scores]
    runs = FactorialRuns(tuple(observations), design.runs.factors)

    @lru_cache
    def model(seeds: Seeds) -> Mapping[str, EstimatedEffect]:
        return {effect.name: effect for effect in runs.at(seeds, own).effects if len(effect.about) == 1}

    def at_seeds(name: str) -> At:
        def at(seeds: Seeds) -> Excess:
            effect = model(seeds).get(name)
            if effect is None:
                return Excess(UNKNOWN, 0, 0, "too few runs")
            measured = effect.measured if effect.without_verdict == "" else UNKNOWN
            diverged = effect.diverged
            return Excess(
                excess_of_effect(measured, limit), diverged.excess, diverged.runs_with, effect.without_verdict
            )

        return at

    return [(name, design.arms, at_seeds(name), False) for name in names]


def _arm(result: Result) -> str:
    return result.arm
