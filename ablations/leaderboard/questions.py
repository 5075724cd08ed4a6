"""The questions of one study, design and claims alike, judged together look by look."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from ablations.statistics import Judged, Looks, Rule
from ablations.statistics.comparison import MeasuredPair, Pair, measured_pairs
from ablations.statistics.family import Family, Measured, mirrored
from ablations.workspace.looks_taken import LookTaken

Seeds = frozenset[int]


@dataclass(frozen=True)
class Question:
    """One question: `key` is the same for what is asked twice. `arms`: whose runs it needs.

    `measure` has what the runs of some seeds say; where there is a `pair`, that is left to all pairs of its `metric`
    and its `group` (a block's) together, for they steady one another's spreads. `weight`: of its share of alpha.
    `drives`: whether arms get more seeds for its sake. `asks_size`: whether it is also asked if a difference
    that is shown matters, as by a claim that two are equal.
    """

    key: Hashable
    arms: tuple[str, ...]
    rule: Rule
    measure: Callable[[Seeds], Measured] | None = None
    pair: Pair | None = None
    metric: str = "fid"
    group: str = ""
    weight: float = 1.0
    drives: bool = True
    asks_size: bool = False


class Judge(Protocol):
    """What judges the questions of a design: all of a study's, or those of one of its blocks."""

    @property
    def looks(self) -> Looks: ...

    @property
    def taken(self) -> int: ...

    @property
    def tested(self) -> int: ...

    @property
    def next_share(self) -> float: ...

    @property
    def why_no_look(self) -> str: ...

    def judged(self, question: Question) -> Judged: ...

    def parts_of(self, question: Question) -> float: ...

    def pair_of(self, question: Question) -> MeasuredPair: ...

    def seeds_of(self, question: Question) -> Seeds: ...

    def first(self, count: int) -> Seeds: ...


class Inquiry:
    """All questions of a study, and what its looks say of them.

    `ended`: by arm the seeds whose runs have ended, whatever their outcome. `seeds`: the study's, in its order. A look
    is taken when all arms that still get seeds have as many as it asks for. `taken`: what is on record of the looks
    that were taken already; what was given up then stays given up, and arms that got no more seeds get none.
    """

    def __init__(
        self,
        questions: Iterable[Question],
        looks: Looks,
        seeds: Sequence[int],
        ended: Mapping[str, Collection[int]],
        rule: Rule,
        taken: Sequence[LookTaken] = (),
    ) -> None:
        self.questions = _each_once(questions)
        self.looks, self.rule = looks, rule
        self._seeds, self._ended, self._record = list(seeds), ended, taken
        self._places = {question.key: place for place, question in enumerate(self.questions)}
        self._pairs: dict[int, dict[Hashable, MeasuredPair]] = {}  # by look
        sized = [place for place, question in enumerate(self.questions) if question.asks_size]
        self._family = Family(len(self.questions), looks, rule, [question.weight for question in self.questions], sized)
        self.taken = 0  # looks
        self.arms = self.going_on = frozenset(ended)  # the arms that get the seeds of the next look
        self.went_on: list[frozenset[str]] = []  # after each look
        self._go_through()

    @cached_property
    def tested(self) -> int:
        """The number of questions that share alpha; 1 at least."""
        return max(1, sum(any(r.measured.is_tested for r in judged.looks) for judged in self._family.judged))

    def parts_of(self, question: Question) -> float:
        """By how much alpha is divided for this question, before anything is shown: `tested`, if all weigh the same."""
        asked = self.questions[self._places[question.key]]
        each = zip(self.questions, self._family.judged, strict=True)
        total = sum(q.weight for q, judged in each if any(r.measured.is_tested for r in judged.looks))
        return max(total, asked.weight) / asked.weight

    def judged(self, question: Question) -> Judged:
        """What the looks say of it; of a pair that was asked the other way round, seen from this side."""
        judged = self._family.judged[self._places[question.key]]
        return mirrored(judged, question.rule) if self._is_turned(question) else judged

    def pair_of(self, question: Question) -> MeasuredPair:
        """The pair by the runs that its verdict is from; before the first look by all there are."""
        last = self.judged(question).last
        pair = self._pairs_at(None if last is None else last.of_look - 1)[question.key]
        return pair.mirrored() if self._is_turned(question) else pair

    def seeds_of(self, question: Question) -> Seeds:
        """The seeds that its verdict is from; before the first look all of the study."""
        last = self.judged(question).last
        return self.first(len(self._seeds) if last is None else self.looks.counts[last.of_look - 1])

    def first(self, count: int) -> Seeds:
        """The first seeds of the study, this many."""
        return frozenset(self._seeds[:count])

    @property
    def next_share(self) -> float:
        """The share of alpha at the next look, or at the last one where all have been taken."""
        return self.looks.shares[min(self.taken, len(self.looks.shares) - 1)]

    @property
    def why_no_look(self) -> str:
        """Why nothing is judged before the first look."""
        first = self.looks.counts[0]
        return f"the first look is at {first} seed{'s' * (first != 1)} of every arm"

    def _is_turned(self, question: Question) -> bool:
        return self.questions[self._places[question.key]].arms != question.arms

    @property
    def next_seeds(self) -> int | None:
        """The number of seeds at the next look; None where there is none, or nothing is open."""
        return self.looks.counts[self.taken] if self.taken < len(self.looks.counts) and self.going_on else None

    @property
    def waits_for(self) -> int:
        """How many runs are lacking for the next look, among the arms that go on."""
        if self.next_seeds is None:
            return 0
        asked = self.first(self.next_seeds)
        return sum(len(asked.difference(self._ended.get(arm, ()))) for arm in self.going_on) + len(self.going_on) * (
            self.next_seeds - len(asked)
        )

    def _go_through(self) -> None:
        while self.next_seeds is not None and not self.waits_for:
            look = self.taken
            pairs = self._pairs_at(look)
            seeds = self.first(self.looks.counts[look])
            self._family.take(look, [self._measured(question, pairs, seeds) for question in self.questions])
            if self.looks.stop == "decided":
                recorded = self._record[look] if look < len(self._record) else None
                if recorded is None:
                    self._family.give_up_the_hopeless()
                else:
                    self._family.give_up(i for i, q in enumerate(self.questions) if str(q.key) in recorded.given_up)
                driving = [q for q in self.questions if q.drives]
                still = [q for q in driving if self._family.judged[self._places[q.key]].is_open]
                self.going_on &= {arm for question in still if self._takes_part(question) for arm in question.arms}
                if recorded is not None:  # by it trials are trained, also if another version of the rule has written it
                    self.going_on &= frozenset(recorded.going_on)
            self.taken += 1
            self.went_on.append(self.going_on)

    def _measured(self, question: Question, pairs: Mapping[Hashable, MeasuredPair], seeds: Seeds) -> Measured | None:
        judged = self._family.judged[self._places[question.key]]
        is_settled = judged.is_decided and not judged.lacks_size
        if self.looks.stop == "decided" and (is_settled or not self._takes_part(question)):
            return None
        if question.pair is not None:
            return pairs[question.key].measured(question.rule)
        assert question.measure is not None
        return question.measure(seeds)

    def _takes_part(self, question: Question) -> bool:
        """Whether all arms that it needs get the seeds of the next look."""
        return self.going_on.issuperset(question.arms)

    def _pairs_at(self, look: int | None) -> Mapping[Hashable, MeasuredPair]:
        """All pairs, by the runs that there were at a look, or by all there are (None)."""
        place = -1 if look is None else look
        if place not in self._pairs:
            seeds = None if look is None else self.first(self.looks.counts[look])
            found: dict[Hashable, MeasuredPair] = {}
            for group in dict.fromkeys((q.metric, q.group) for q in self.questions if q.pair is not None):
                asked = [q for q in self.questions if q.pair is not None and (q.metric, q.group) == group]
                pairs = [q.pair for q in asked if q.pair is not None]
                measured = measured_pairs(pairs, asked[0].rule, seeds)
                found |= {question.key: one for question, one in zip(asked, measured, strict=True)}
            self._pairs[place] = found
        return self._pairs[place]


def _each_once(questions: Iterable[Question]) -> list[Question]:
    """Every question once, where it is asked first, with the largest weight and the most that is asked of it."""
    found: dict[Hashable, Question] = {}
    for question in questions:
        first = found.setdefault(question.key, question)
        found[question.key] = replace(
            first,
            weight=max(first.weight, question.weight),
            drives=first.drives or question.drives,
            asks_size=first.asks_size or question.asks_size,
        )
    return list(found.values())
