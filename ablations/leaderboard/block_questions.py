"""The questions of a study across several settings: of all blocks together, between them, and in each by itself.

All of them are one family. A study asks first of all what an effect is over its blocks: that question has a whole part
of alpha. Half a part goes to whether the effect differs between the blocks, and half a part to its verdicts in single
blocks, all of them together. Arms get more seeds for the sake of the first question alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ablations.leaderboard.design_effects import UNKNOWN, DesignEffects
from ablations.leaderboard.questions import Judge, Question, Seeds
from ablations.statistics import Judged, Looks, Rule
from ablations.statistics.blocks import BlockPart, Parts, measured_average, measured_heterogeneity
from ablations.statistics.comparison import MeasuredPair
from ablations.statistics.family import Measured
from ablations.study.block_names import arm_in_block

ALL, BETWEEN = "all blocks", "between blocks"  # how the keys of these questions begin
OF_BETWEEN, OF_BLOCKS = 0.5, 0.5  # parts of alpha; the question about all blocks has one


def in_block(question: Question, block: str) -> Question:
    """A question that is asked within a block, as the whole study has it."""
    arms = tuple(arm_in_block(arm, block) for arm in question.arms)
    return replace(question, key=f"{block}: {question.key}", arms=arms, group=block)


def over_blocks(
    question: Question, blocks: Sequence[str], rule: Rule, measure: Callable[[Seeds], Measured]
) -> Question:
    """The same question of these blocks together. It is asked the other way round where the arms are."""
    arms = tuple(arm_in_block(arm, block) for arm in question.arms for block in blocks)
    return Question(f"{ALL}: {question.key}", arms, rule, measure, None, question.metric)


class BlockView(Judge):
    """What is judged of the whole study, as one of its blocks sees it."""

    def __init__(self, whole: Judge, block: str) -> None:
        self._whole, self._block = whole, block

    @property
    def looks(self) -> Looks:
        return self._whole.looks

    @property
    def taken(self) -> int:
        return self._whole.taken

    @property
    def tested(self) -> int:
        return self._whole.tested

    @property
    def next_share(self) -> float:
        return self._whole.next_share

    @property
    def why_no_look(self) -> str:
        return self._whole.why_no_look

    def judged(self, question: Question) -> Judged:
        return self._whole.judged(in_block(question, self._block))

    def parts_of(self, question: Question) -> float:
        return self._whole.parts_of(in_block(question, self._block))

    def pair_of(self, question: Question) -> MeasuredPair:
        return self._whole.pair_of(in_block(question, self._block))

    def seeds_of(self, question: Question) -> Seeds:
        return self._whole.seeds_of(in_block(question, self._block))

    def first(self, count: int) -> Seeds:
        return self._whole.first(count)


@dataclass(frozen=True)
class AskedAcross:
    """One effect of the design. `blocks`: those that have it; `lacking`: those out of which a rule keeps its arms."""

    name: str
    blocks: tuple[str, ...]
    lacking: tuple[str, ...]
    pooled: Question
    between: Question
    in_blocks: Mapping[str, Question]

    @property
    def questions(self) -> Sequence[Question]:
        return (self.pooled, self.between, *self.in_blocks.values())


class BlockedDesign:
    """The design of a study in each of its blocks, as questions about all of them."""

    def __init__(self, designs: Mapping[str, DesignEffects], rule: Rule) -> None:
        self.designs, self.rule = designs, rule
        self._parts: dict[Seeds | None, dict[str, Mapping[str, BlockPart]]] = {}

    @cached_property
    def asked(self) -> tuple[AskedAcross, ...]:
        """The effects, in the order of the design."""
        names = dict.fromkeys(name for design in self.designs.values() for name in design.names)
        return tuple(self._asked(name) for name in names)

    def parts(self, name: str, seeds: Seeds | None) -> Parts:
        """What the runs of these seeds (None: all) say of an effect, in each block that has it."""
        if seeds not in self._parts:
            self._parts[seeds] = {block: design.parts(seeds) for block, design in self.designs.items()}
        found = self._parts[seeds]
        return {
            block: found[block].get(name, BlockPart(UNKNOWN))
            for block, design in self.designs.items()
            if design.asks(name)
        }

    def _asked(self, name: str) -> AskedAcross:
        blocks = tuple(block for block, design in self.designs.items() if design.asks(name))
        own = {
            block: question
            for block, design in self.designs.items()
            for known, question in zip(design.names, design.questions, strict=True)
            if known == name
        }
        question = next(iter(own.values()))
        pooled = over_blocks(
            question, blocks, self.rule, lambda seeds: measured_average(self.parts(name, seeds), self.rule)
        )
        between = replace(
            pooled,
            key=f"{BETWEEN}: {question.key}",
            measure=lambda seeds: measured_heterogeneity(self.parts(name, seeds)),
            weight=OF_BETWEEN,
            drives=False,
        )
        in_blocks = {
            block: replace(in_block(each, block), weight=OF_BLOCKS / len(own), drives=False)
            for block, each in own.items()
        }
        lacking = tuple(block for block in self.designs if block not in blocks)
        return AskedAcross(name, blocks, lacking, pooled, between, in_blocks)
