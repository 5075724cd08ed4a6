"""When a study's runs are judged: seed counts that are fixed beforehand, each with its share of the error allowed."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from gan_core.records import Record

DEFAULT = (3, 5, 8, 12, 20, 32, 50, 80)  # seeds at the looks of a study that doesn't say its own
Stop = Literal["decided", "never"]


class Looks(Record):
    """The looks of a study: how many seeds every arm has at each, and which part of alpha may be spent there.

    Judging again after every seed finds a difference sooner or later, also where there is none. A test at each of a
    few looks that were fixed beforehand, each at its share of alpha, errs in at most alpha of the studies wherever one
    stops: the shares add up to 1 at most (the union bound, which no dependence between looks can break).

    `stop`: 'decided' hands out no more seeds to an arm that all is said of; 'never' trains every seed of every arm.
    """

    counts: tuple[int, ...] = Field(min_length=1)
    shares: tuple[float, ...] = Field(min_length=1)
    stop: Stop = "never"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.counts) != len(self.shares) or sum(self.shares) > 1 + 1e-9:
            raise ValueError("one share a look, and together no more than 1")
        if list(self.counts) != sorted(set(self.counts)):
            raise ValueError("the seed counts of looks must grow")
        return self

    @classmethod
    def declared(cls, counts: Sequence[int], stop: Stop = "decided") -> Self:
        """The looks that a study file names: later ones get more of alpha, in proportion to their seeds."""
        total = sum(counts)
        return cls(counts=tuple(counts), shares=tuple(count / total for count in counts), stop=stop)

    @classmethod
    def of_count(cls, seeds: int) -> Self:
        """Those of a study that names a number of seeds: the first look has all of them, the `DEFAULT` ones follow.

        Each default look has an equal share. The first look has those of all default looks that it comes in place of;
        of one or two seeds, which are fewer than at any default look, it has half of the first one's.
        """
        part = 1 / len(DEFAULT)
        if seeds < DEFAULT[0]:
            return cls(counts=(seeds, *DEFAULT), shares=(part / 2, part / 2, *[part] * (len(DEFAULT) - 1)))
        later = [count for count in DEFAULT if count > seeds]
        return cls(counts=(seeds, *later), shares=((len(DEFAULT) - len(later)) * part, *[part] * len(later)))

    @property
    def is_declared(self) -> bool:
        """Whether a study file names them; else they follow from its number of seeds."""
        return self.stop == "decided" or self != type(self).of_count(self.counts[0])

    def reached(self, seeds: int) -> int:
        """The number of looks that this many seeds suffice for."""
        return sum(count <= seeds for count in self.counts)
