"""The effects that a study's design is made for: the questions that they are, and the answers as a table has them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Protocol

from ablations.leaderboard.effect_records import ARM, Effects, effect_of_comparison, effect_of_factor
from ablations.leaderboard.factorial_model import FactorialRuns, factorial_runs
from ablations.leaderboard.questions import Judge, Question, Seeds
from ablations.results.results import Result
from ablations.statistics import ArmScores, Comparison, Rule
from ablations.statistics.blocks import BlockPart
from ablations.statistics.comparison import Pair, comparison_of, ladder, measured_pairs, one_out
from ablations.statistics.factorial import EstimatedEffect, FactorialEstimates, effect_of
from ablations.statistics.family import Measured
from ablations.statistics.verdict import Evidence
from ablations.study.claims.measures import Of
from ablations.study.record import StudyRecord

Arms = Mapping[str, ArmScores]


class DesignEffects(Protocol):
    """The questions of a design, and what becomes of them. `comparisons`: those of an arm with the reference.

    `names`: of its effects, one for each question. For studies across several settings, where it is the design in one
    of them: whether it `asks` for an effect by its arms, and what the runs of some seeds (None: all) say of each.
    """

    @property
    def unit(self) -> str: ...

    @property
    def about(self) -> str: ...

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def questions(self) -> Sequence[Question]: ...

    def asks(self, name: str) -> bool: ...

    def parts(self, seeds: Seeds | None) -> Mapping[str, BlockPart]: ...

    def effects(self, inquiry: Judge) -> Effects: ...

    def comparisons(self, inquiry: Judge) -> Mapping[str, Comparison]: ...


def design_effects(
    record: StudyRecord | None, arms: Arms, reference: str | None, trials: Sequence[Result], rule: Rule, of: Of
) -> DesignEffects:
    """Those of the study's design; of trials without a record, each arm against the reference. `arms`: by name."""
    if record is None or record.design not in OF_DESIGN:
        return _against_reference(record, arms, reference, rule)
    return OF_DESIGN[record.design](record, arms, trials, rule, of)


@dataclass(frozen=True)
class PairedEffects:
    """Effects that are comparisons of two arms. `by_name`: what each is called, and its pair."""

    about: str
    unit: str
    rule: Rule
    reference: str | None
    by_name: Mapping[str, Pair]

    @property
    def names(self) -> Sequence[str]:
        return list(self.by_name)

    @property
    def questions(self) -> Sequence[Question]:
        return [pair_question(pair, self.rule) for pair in self.by_name.values()]

    def asks(self, name: str) -> bool:
        return name in self.by_name

    def parts(self, seeds: Seeds | None) -> Mapping[str, BlockPart]:
        measured = measured_pairs(list(self.by_name.values()), self.rule, seeds)
        return {
            name: BlockPart(
                pair.measured(self.rule),
                dict(zip(pair.contrast.seeds, pair.contrast.values, strict=True)),
                pair.divergence,
            )
            for name, pair in zip(self.by_name, measured, strict=True)
        }

    def effects(self, inquiry: Judge) -> Effects:
        compared = {name: compared_pair(pair, self.rule, inquiry) for name, pair in self.by_name.items()}
        effects = tuple(effect_of_comparison(name, one, self.rule) for name, one in compared.items())
        return Effects(self.about, self.unit, self.rule, effects)

    def comparisons(self, inquiry: Judge) -> Mapping[str, Comparison]:
        """By arm its comparison with the reference, where that is one of the effects, whichever way round."""
        pairs = [*self.by_name.values(), *((baseline, arm) for arm, baseline in self.by_name.values())]
        return {
            arm.name: compared_pair((arm, other), self.rule, inquiry)
            for arm, other in pairs
            if other.name == self.reference
        }


@dataclass(frozen=True)
class FactorialEffects:
    """Main effects and two-way interactions, averaged over the other factors."""

    record: StudyRecord
    runs: FactorialRuns
    arms: tuple[str, ...]
    rule: Rule
    unit: str = "factor"
    about: str = "each factor, averaged over the others"

    @property
    def names(self) -> Sequence[str]:
        return [one.name for one in self._at(None).effects]

    def asks(self, name: str) -> bool:
        """Whether every factor in it is on in some arms and off in others."""
        return all(len({arm.factors.get(factor) for arm in self.record.arms}) > 1 for factor in name.split(":"))

    def parts(self, seeds: Seeds | None) -> Mapping[str, BlockPart]:
        return {one.name: BlockPart(one.measured) for one in self._at(seeds).effects}

    @cached_property
    def questions(self) -> Sequence[Question]:
        named = self._at(None).effects
        return [Question(f"effect {one.name}", self.arms, self.rule, self._measure(one.name)) for one in named]

    def effects(self, inquiry: Judge) -> Effects:
        drawn = []
        for question, estimated in zip(self.questions, self._at(None).effects, strict=True):
            model = self._at(inquiry.seeds_of(question) if inquiry.judged(question).looks else None)
            there = _named(model, estimated.name) or estimated
            drawn.append(effect_of_factor(effect_of(model, there, inquiry.judged(question), self.rule), self.rule))
        seeds = inquiry.looks.counts[inquiry.taken - 1] if inquiry.taken else None
        return Effects(self.about, self.unit, self.rule, tuple(drawn), tuple(self._notes(seeds, inquiry)))

    def comparisons(self, inquiry: Judge) -> Mapping[str, Comparison]:
        """None: the effects carry the verdicts, and to test each arm as well would be to ask twice."""
        return {}

    def _notes(self, seeds: int | None, inquiry: Judge) -> list[str]:
        model = self._at(None if seeds is None else inquiry.first(seeds))
        score = "log FID" if self.rule.scale == "log" else "FID"
        lost = f", {model.diverged} more diverged and are left out" if model.diverged else ""
        runs, df = model.runs, model.degrees_of_freedom
        notes = [
            f"from a linear model of {score} with the seed as a block",
            f"{runs} run{'s' * (runs != 1)}, {df} degree{'s' * (df != 1)} of freedom left{lost}",
        ]
        if self.record.fraction is not None:
            resolution = self.record.fraction.resolution
            notes.append(f"a fraction of resolution {resolution}: aliases are named with each effect")
        return notes

    def _measure(self, name: str) -> Callable[[Seeds], Measured]:
        def measure(seeds: Seeds) -> Measured:
            found = _named(self._at(seeds), name)
            return UNKNOWN if found is None else found.measured

        return measure

    @cached_property
    def _models(self) -> dict[Seeds | None, FactorialEstimates]:
        return {}

    def _at(self, seeds: Seeds | None) -> FactorialEstimates:
        if seeds not in self._models:
            every = frozenset(one.seed for one in self.runs.observations)
            self._models[seeds] = self.runs.at(every if seeds is None else seeds, self.rule)
        return self._models[seeds]


UNKNOWN = Measured(
    math.nan, math.nan, 0, math.nan, math.nan, math.nan,
    Evidence(math.nan, math.nan, None, math.nan, math.nan, 0, 0, math.nan),
)  # fmt: skip


def _named(model: FactorialEstimates, name: str) -> EstimatedEffect | None:
    return next((effect for effect in model.effects if effect.name == name), None)


def pair_question(pair: Pair, rule: Rule, metric: str = "fid") -> Question:
    """One arm against another in one metric; the same question whichever way round."""
    arm, baseline = pair
    first, second = sorted((arm.name, baseline.name))
    return Question(f"{metric} of {first} and {second}", (arm.name, baseline.name), rule, None, pair, metric)


def compared_pair(pair: Pair, rule: Rule, inquiry: Judge, metric: str = "fid") -> Comparison:
    """The pair with what the study's looks say of it."""
    question = pair_question(pair, rule, metric)
    judged = inquiry.judged(question)
    return comparison_of(
        pair,
        inquiry.pair_of(question),
        judged,
        inquiry.parts_of(question),
        rule,
        inquiry.next_share,
        inquiry.why_no_look,
    )


def _against_reference(record: StudyRecord | None, arms: Arms, reference: str | None, rule: Rule) -> DesignEffects:
    """Each arm against the reference, in the order of the study file."""
    places = {arm.name: place for place, arm in enumerate(record.arms)} if record is not None else {}
    ordered = sorted(arms, key=lambda name: places.get(name, len(places)))
    base = None if reference is None else arms.get(reference)
    pairs = {} if base is None else {name: (arms[name], base) for name in ordered if name != reference}
    return PairedEffects(f"each arm against {reference}", ARM, rule, reference, pairs)


def _one_out(record: StudyRecord, arms: Arms, trials: Sequence[Result], rule: Rule, of: Of) -> DesignEffects:
    """A trick's effect in the company of all others: everything against everything but it."""
    everything = arms.get(record.reference)
    missing = {arm.name: [name for name, on in arm.factors.items() if not on] for arm in record.arms}
    without = {off[0]: arms[name] for name, off in missing.items() if len(off) == 1 and name in arms}
    pairs = one_out(everything, without) if everything is not None else {}
    return PairedEffects("everything on, against everything but this trick", "trick", rule, record.reference, pairs)


def _ladder(record: StudyRecord, arms: Arms, trials: Sequence[Result], rule: Rule, of: Of) -> DesignEffects:
    """What a trick adds to those before it: each rung against the one below."""
    rungs = {arm.name.partition("+")[2] or arm.name: arms.get(arm.name) for arm in record.arms if arm.previous}
    reached = {trick: scores for trick, scores in rungs.items() if scores is not None}
    whole = len(reached) == len(rungs) and record.reference in arms  # a missing rung would pair its neighbours
    pairs = ladder(reached, arms[record.reference]) if whole else {}
    return PairedEffects("each rung of the ladder against the one below it", "trick", rule, record.reference, pairs)


def _factorial(record: StudyRecord, arms: Arms, trials: Sequence[Result], rule: Rule, of: Of) -> DesignEffects:
    return FactorialEffects(record, factorial_runs(trials, of), tuple(arm.name for arm in record.arms), rule)


Made = Callable[[StudyRecord, Arms, Sequence[Result], Rule, Of], DesignEffects]
OF_DESIGN: Mapping[str, Made] = MappingProxyType(
    {"one-out": _one_out, "ladder": _ladder, "factorial": _factorial, "fractional": _factorial}
)
