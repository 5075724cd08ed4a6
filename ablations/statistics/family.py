"""All questions of one study, tested together: at every look, by one share of alpha, each with one interval."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ablations.statistics.looks import Looks
from ablations.statistics.outlook import Prediction, chance_of_a_size, chance_of_a_verdict
from ablations.statistics.rule import Rule
from ablations.statistics.significance import half_width
from ablations.statistics.verdict import SAME, Evidence, Finding, Verdict, decide, decide_spread, decided_by_divergence

Size = Literal["inside", "outside", "unknown"]  # of the margin


@dataclass(frozen=True)
class Measured:
    """What the runs of one look say of one question, before it is adjusted for the others and for other looks.

    `value`, `error` and `margin` are on the rule's scale. `evidence` has no adjusted p-values yet. `tests`: how many
    tests share alpha in `p` (the scores', and that of divergence where it can answer). `grows_by`: degrees of freedom
    that one more seed brings.
    """

    value: float
    error: float
    df: float
    margin: float
    p: float
    p_equivalence: float
    evidence: Evidence
    tests: int = 1
    grows_by: int = 1
    is_same_run: bool = False
    lower_is_better: bool = True  # of the metric that it is about
    note: str = ""  # added to the reason of the verdict
    is_spread: bool = False  # whether it asks if an effect differs between blocks, and not which effect there is

    @property
    def is_tested(self) -> bool:
        """Whether there is anything to adjust."""
        return not self.is_same_run and not (math.isnan(self.p) and math.isnan(self.p_equivalence))


@dataclass(frozen=True)
class LookResult:
    """One question after one look. `low` and `high` are on the rule's scale: the interval at `level` decides.

    `p` and `p_equivalence` are adjusted for all looks so far and for all questions of the study. `size`:
    whether the effect is shown to lie inside or outside the margin. `chance`: that a later look brings a verdict;
    None where there is no later look, or a verdict already.
    """

    look: int  # 1 for the first
    seeds: int  # that every arm has at this look
    of_look: int  # whose runs `measured` and the interval are of: this look, or an earlier one that was stronger
    measured: Measured
    p: float
    p_equivalence: float
    level: float
    low: float
    high: float
    size: Size
    verdict: Verdict
    chance: float | None = None
    chance_of_size: float | None = None  # where a difference is shown and its size is asked: that a later look says it
    is_hopeless: bool = False  # whether no more seeds are to be spent on it


@dataclass(frozen=True)
class Judged:
    """One question after all looks that it took part in. `looks` is empty before the first."""

    looks: tuple[LookResult, ...]

    @property
    def last(self) -> LookResult | None:
        """The state after the last look."""
        return self.looks[-1] if self.looks else None

    @property
    def is_hopeless(self) -> bool:
        """Whether it was given up at its last look, without a verdict."""
        return self.last is not None and self.last.is_hopeless and not self.is_decided

    @property
    def is_decided(self) -> bool:
        """Whether there is a verdict."""
        return self.last is not None and self.last.verdict.finding != "can't tell"

    @property
    def lacks_size(self) -> bool:
        """Whether a difference is shown, and more seeds may still say whether it matters, which is asked."""
        return self.last is not None and self.last.chance_of_size is not None and not self.last.is_hopeless

    @property
    def state(self) -> Literal["", "decided", "open", "hopeless"]:
        """Where it stands; '' before its first look."""
        if self.last is None:
            return ""
        return "decided" if self.is_decided else "hopeless" if self.is_hopeless else "open"

    @property
    def chance(self) -> float | None:
        """The chance that a later look brings a verdict; None where there is one, or no later look."""
        return None if self.last is None or self.is_hopeless else self.last.chance

    @property
    def is_open(self) -> bool:
        """Whether more seeds may still bring a verdict that is worth waiting for."""
        return self.lacks_size or (not self.is_decided and not self.is_hopeless)


class Family:
    """The questions of a study, judged look by look, each by one interval that decides.

    At look j, with its share w_j of alpha, a question's interval has the confidence 1 - w_j alpha / r. Where it
    excludes 0 there is a difference, where it lies within the margin there is none that matters, and where it lies
    beyond the margin the difference is shown to matter. All questions share r: one part for each, half a part for
    those others in which a difference is shown. Over the looks so far a p is the smallest p_j / w_j (Bonferroni over
    looks, valid however these depend on each other), times r.

    A question with a weight w has w parts, and half of that once its difference is shown: what a study asks in the
    second place may be given less, so that it costs the others less.

    At most alpha of all studies say anything wrong, at whatever look they stop. By the sequential rejection principle
    (Goeman and Solari 2010, Annals of Statistics 38): let every false hypothesis be rejected. A question without effect
    then still has its one part, and errs with probability alpha / r at most. One with an effect errs only about the
    margin, to one side, with half of that, and has half a part. The parts add up to r.

    A verdict stands once it is there; only divergence seen later can take it back to "can't tell". Of the questions in
    `sized`, which ask whether a difference matters, a difference that is shown does not say all: later looks narrow its
    interval until it lies beyond the margin or within it. Each look's interval misses the truth with its own share of
    alpha, so what all of them have in common does with the sum of these shares.
    """

    def __init__(
        self,
        count: int,
        looks: Looks,
        rule: Rule,
        weights: Sequence[float] | None = None,
        sized: Collection[int] = (),
    ) -> None:
        self.looks, self.rule = looks, rule
        self._weights = [1.0] * count if weights is None else list(weights)
        self._sized = frozenset(sized)
        self._p = [math.nan] * count  # over the looks so far, not yet adjusted for the other questions
        self._p_equivalence = [math.nan] * count
        self._strongest: list[tuple[int, Measured] | None] = [None] * count  # the look that has the smallest p
        self._strongest_equivalence: list[tuple[int, Measured] | None] = [None] * count
        self._results: list[list[LookResult]] = [[] for _ in range(count)]

    @property
    def judged(self) -> tuple[Judged, ...]:
        """Every question, in order."""
        return tuple(Judged(tuple(results)) for results in self._results)

    def take(self, look: int, measured: Sequence[Measured | None]) -> None:
        """Take in what look number `look` (from 0) says of every question; None of one that takes no part in it."""
        for i, one in enumerate(measured):
            if one is not None and not self._is_decided(i):
                self._p[i] = self._smallest(self._p[i], one.p, look, self._strongest, i, one)
                self._p_equivalence[i] = self._smallest(
                    self._p_equivalence[i], one.p_equivalence, look, self._strongest_equivalence, i, one
                )
        parts = self._parts()
        for i, one in enumerate(measured):
            if one is not None:
                self._results[i].append(self._result(i, look, one, parts))

    @property
    def _tested(self) -> float:
        """The weights of the questions with a test so far, so their number where all have 1; 1 where there is none."""
        each = zip(self._p, self._p_equivalence, self._weights, strict=True)
        return sum(weight for p, q, weight in each if not (math.isnan(p) and math.isnan(q))) or 1.0

    def _parts(self) -> float:
        """Of how many parts of alpha each question has one: fewer, the more differences are shown."""
        tested, before = self._tested, math.inf
        parts = tested
        while parts < before:
            before = parts
            shown = sum(w for p, w in zip(self._p, self._weights, strict=True) if p * parts <= self.rule.alpha * w)
            parts = max(min(1.0, tested), tested - shown / 2)
        return parts

    def give_up_the_hopeless(self) -> None:
        """Give up the questions whose chance of a verdict is too small to go on for: no error comes of ending tests.

        Where the runs of the next look come anyway, for another question's sake, it takes part in that look again.
        """
        self.give_up(
            i
            for i, results in enumerate(self._results)
            if results
            and (left := _first_of(results[-1].chance, results[-1].chance_of_size)) is not None
            and left < self.rule.hopeless
        )

    def give_up(self, questions: Iterable[int]) -> None:
        """Give up these questions, as it was found or recorded."""
        for i in questions:
            if self._results[i]:
                self._results[i][-1] = replace(self._results[i][-1], is_hopeless=True)

    def _is_decided(self, i: int) -> bool:
        return bool(self._results[i]) and self._results[i][-1].verdict.finding != "can't tell"

    def _smallest(
        self,
        before: float,
        p: float,
        look: int,
        strongest: list[tuple[int, Measured] | None],
        i: int,
        measured: Measured,
    ) -> float:
        if math.isnan(p):
            return before
        now = _at_most_1(p / self.looks.shares[look])
        if math.isnan(before) or now <= before:
            strongest[i] = (look, measured)
        return now if math.isnan(before) else min(before, now)

    def _result(self, i: int, look: int, measured: Measured, parts: float) -> LookResult:
        before = self._results[i][-1] if self._results[i] else None
        parts = self._own_parts(i, parts)
        if before is not None and before.verdict.finding != "can't tell":
            stands = self._confirmed(before, look, measured)
            return self._narrowed(stands, look, measured, parts) if self._lacks_size(i, stands) else stands
        share = self.looks.shares[look]
        at, deciding = self._strongest[i] or (look, measured)
        p, p_equivalence = _at_most_1(parts * self._p[i]), _at_most_1(parts * self._p_equivalence[i])
        said = replace(
            measured.evidence,
            effect=deciding.value,
            p_score=deciding.evidence.p_score,
            p_divergence=_p_divergence(measured.evidence, deciding.evidence),
            p_adjusted=p,
            p_equivalence_adjusted=p_equivalence,
            p_seeds=measured.evidence.p_seeds / share,
        )
        verdict = self._verdict(said, measured, p)
        if verdict.finding == "no difference":
            at, deciding = self._strongest_equivalence[i] or (look, measured)
        elif verdict.finding == "can't tell":
            at, deciding = look, measured
        tests = 1 if verdict.finding == "no difference" else deciding.tests
        alpha = self.rule.alpha * self.looks.shares[at] / (parts * tests)
        half = half_width(deciding.error, deciding.df, alpha)
        if measured.note and verdict is not SAME:
            verdict = replace(verdict, reason=f"{verdict.reason}; {measured.note}")
        low, high = deciding.value - half, deciding.value + half
        result = LookResult(
            look=look + 1,
            seeds=self.looks.counts[look],
            of_look=at + 1,
            measured=deciding,
            p=p,
            p_equivalence=p_equivalence,
            level=1 - alpha,
            low=low,
            high=high,
            size=_size(low, high, deciding.margin),
            verdict=verdict,
            chance=self._chance(chance_of_a_verdict, measured, look, parts)
            if verdict.finding == "can't tell"
            else None,
        )
        return self._with_chance_of_size(result, measured, parts) if self._lacks_size(i, result) else result

    def _own_parts(self, i: int, parts: float) -> float:
        """Of how many parts the question has one; what its own difference frees is for the others."""
        weight = self._weights[i]
        if self._p[i] * parts <= self.rule.alpha * weight:
            parts += min(0.5 * weight, self._tested - parts)
        return parts / weight

    def _lacks_size(self, i: int, result: LookResult) -> bool:
        """Whether it is asked by how much, a difference is shown, and not yet whether it matters."""
        return i in self._sized and result.verdict.finding in ("helps", "hurts") and result.size == "unknown"

    def _narrowed(self, before: LookResult, look: int, measured: Measured, parts: float) -> LookResult:
        """The verdict as it stands, with what this look's interval has in common with that of those before.

        Where they have nothing in common, or not what this look has measured, all stays as it was.
        """
        alpha = self.rule.alpha * self.looks.shares[look] / (parts * measured.tests)
        half = half_width(measured.error, measured.df, alpha)
        low, high = max(before.low, measured.value - half), min(before.high, measured.value + half)
        if not low <= measured.value <= high:
            return replace(before, chance_of_size=self._chance(chance_of_a_size, measured, look, parts))
        result = replace(
            before,
            look=look + 1,
            seeds=self.looks.counts[look],
            of_look=look + 1,
            measured=measured,
            level=before.level - alpha,
            low=low,
            high=high,
            size=_size(low, high, measured.margin),
            chance_of_size=None,
        )
        return self._with_chance_of_size(result, measured, parts) if result.size == "unknown" else result

    def _with_chance_of_size(self, result: LookResult, measured: Measured, parts: float) -> LookResult:
        return replace(result, chance_of_size=self._chance(chance_of_a_size, measured, result.look - 1, parts))

    def _verdict(self, said: Evidence, measured: Measured, p: float) -> Verdict:
        if measured.is_same_run:
            return SAME
        return decide_spread(p, self.rule) if measured.is_spread else decide(said, self._rule(measured))

    def _rule(self, measured: Measured) -> Rule:
        """The study's rule with the direction of this question's metric."""
        return self.rule.model_copy(update={"lower_is_better": measured.lower_is_better})

    def _confirmed(self, before: LookResult, look: int, measured: Measured) -> LookResult:
        """What stands is not tested again, but who diverges more often by now may take it back."""
        if measured.is_spread:
            return before
        now = replace(
            measured.evidence,
            effect=before.measured.value,
            p_adjusted=before.p,
            p_equivalence_adjusted=before.p_equivalence,
            p_score=before.measured.evidence.p_score,
            p_divergence=_p_divergence(measured.evidence, before.measured.evidence),
        )
        verdict = before.verdict if measured.is_same_run else decide(now, self._rule(measured))
        if verdict.finding == before.verdict.finding:
            return before
        reason = f"{before.verdict.finding} after {before.seeds} seeds, but one of the two diverges more often since"
        taken_back = Verdict("can't tell", reason)
        return replace(before, look=look + 1, seeds=self.looks.counts[look], verdict=taken_back)

    def _chance(
        self,
        chance: Callable[[Prediction, Sequence[tuple[int, float]]], float],
        measured: Measured,
        look: int,
        parts: float,
    ) -> float | None:
        later = range(look + 1, len(self.looks.counts))
        if not later or not measured.is_tested or math.isnan(measured.error):
            return None
        now = self.looks.counts[look]
        return chance(
            Prediction(measured.value, measured.error, measured.df, measured.margin, now, measured.grows_by),
            [(self.looks.counts[j], self.rule.alpha * self.looks.shares[j] / (parts * measured.tests)) for j in later],
        )


def mirrored(judged: Judged, rule: Rule) -> Judged:
    """The same question asked the other way round: B against A."""
    return replace(judged, looks=tuple(_mirrored(result, rule) for result in judged.looks))


def _mirrored(result: LookResult, rule: Rule) -> LookResult:
    there = result.measured.evidence
    evidence = replace(there, effect=-there.effect, excess=-there.excess)
    again = decide(replace(evidence, p_adjusted=result.p, p_equivalence_adjusted=result.p_equivalence), rule)
    turned: dict[Finding, Finding] = {"helps": "hurts", "hurts": "helps"}
    finding = turned.get(result.verdict.finding, result.verdict.finding)
    verdict = again if again.finding == finding and not result.measured.is_same_run else result.verdict
    return replace(
        result,
        measured=replace(result.measured, value=-result.measured.value, evidence=evidence),
        low=-result.high,
        high=-result.low,
        verdict=replace(verdict, finding=finding),
    )


def _p_divergence(now: Evidence, deciding: Evidence) -> float | None:
    """McNemar's p by now, but on that side of the score's p on which it was at the look that decides.

    Else a divergence test that alone shows nothing yet, after all adjustments, could turn what scores have shown.
    """
    if now.p_divergence is None:
        return None
    if decided_by_divergence(deciding):
        return deciding.p_divergence
    return max(now.p_divergence, deciding.p_score)


def _at_most_1(p: float) -> float:
    """The p-value, NaN where there is none."""
    return p if math.isnan(p) else min(1.0, p)


def _size(low: float, high: float, margin: float) -> Size:
    """Whether the interval lies inside or outside the margin; unknown where a number is NaN."""
    if -margin <= low and high <= margin:
        return "inside"
    return "outside" if low >= margin or high <= -margin else "unknown"


def _first_of(*numbers: float | None) -> float | None:
    """The first that there is."""
    return next((number for number in numbers if number is not None), None)
