"""How far a study's looks are: what was taken, what is open, and what the next one needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from ablations.leaderboard.questions import Inquiry, Question
from ablations.statistics import Judged, LookResult, Looks, Rule
from ablations.study.block_names import arms_alone


@dataclass(frozen=True)
class AskedQuestion:
    """A question with what the looks say of it."""

    question: Question
    judged: Judged

    def at(self, look: int) -> LookResult | None:
        """What look number `look` said of it; None where it took no part in that look."""
        return self.judged.looks[look - 1] if look <= len(self.judged.looks) else None


@dataclass(frozen=True)
class LooksState:
    """`taken`: how many looks; `going_on`: the arms that get the seeds of the next one, `next_seeds` in all.

    `next_seeds` is None where no look is left, or nothing is open. `waits_for`: runs that it lacks. `tested`: how many
    questions share alpha.
    """

    looks: Looks
    rule: Rule
    taken: int
    going_on: tuple[str, ...]
    next_seeds: int | None
    waits_for: int
    tested: int
    asked: tuple[AskedQuestion, ...]
    went_on: tuple[tuple[str, ...], ...]  # after each look that was taken
    arms: tuple[str, ...] = ()  # all of the study; of one across several settings each in each of them

    @property
    def seeds(self) -> int:
        """The seeds that every arm had at the last look; 0 before the first."""
        return self.looks.counts[self.taken - 1] if self.taken else 0

    @property
    def all_go_on(self) -> bool:
        """Whether no arm has stopped so far."""
        return len(self.going_on) >= len(self.arms)

    @property
    def going_on_alone(self) -> tuple[str, ...]:
        """The arms that go on by their own names: they do so in every setting of the study."""
        return arms_alone(self.going_on)

    @property
    def are_shown(self) -> bool:
        """Whether it is said of a verdict which look it is from: not where there is but one."""
        return self.taken > 1 or self.looks.stop == "decided"

    @property
    def decided(self) -> Sequence[AskedQuestion]:
        """The questions with a verdict."""
        return [asked for asked in self.asked if asked.judged.is_decided]


def looks_of(inquiry: Inquiry) -> LooksState:
    """The state of an inquiry."""
    return LooksState(
        looks=inquiry.looks,
        rule=inquiry.rule,
        taken=inquiry.taken,
        going_on=tuple(sorted(inquiry.going_on)),
        next_seeds=inquiry.next_seeds,
        waits_for=inquiry.waits_for,
        tested=inquiry.tested,
        went_on=tuple(tuple(sorted(arms)) for arms in inquiry.went_on),
        arms=tuple(sorted(inquiry.arms)),
        asked=tuple(AskedQuestion(question, inquiry.judged(question)) for question in inquiry.questions),
    )
