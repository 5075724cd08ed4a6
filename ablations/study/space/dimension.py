"""One setting of a search's space: choices, or a range of numbers."""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ablations.study.designs.search_options import DimensionWords, Scalar

Place = tuple[str | int, ...]
Params = dict[str, Scalar]  # what was chosen, by dimension: a choice's label or a number


def label_of(value: Any) -> Scalar:
    """A choice as a plain value: itself, or for a list, a mapping or nothing its JSON."""
    return value if isinstance(value, bool | int | float | str) else json.dumps(value, sort_keys=True)


@dataclass(frozen=True)
class Choices:
    """One of several values. `name`: the setting, or SETTING.OPTION for an option of a trick."""

    name: str
    values: tuple[Any, ...]
    when: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)

    @cached_property
    def labels(self) -> tuple[Scalar, ...]:
        """The choices as a sampler knows them."""
        return tuple(map(label_of, self.values))

    def value(self, chosen: Scalar) -> Any:
        """What the choice sets."""
        return next(v for v, label in zip(self.values, self.labels, strict=True) if _same(label, chosen))

    def levels(self) -> tuple[Scalar, ...]:
        """All values that can be chosen."""
        return self.labels

    def corners(self) -> list[tuple[Place, Scalar]]:
        """The values that have to be right for all to be right, each with its place in the words."""
        return [(("choices", i), label) for i, label in enumerate(self.labels)]

    def draw(self, stream: random.Random) -> Scalar:
        """A value drawn at random."""
        return stream.choice(self.labels)


@dataclass(frozen=True)
class Range:
    """A number from low to high, both included; on a log scale, or in steps from low on."""

    name: str
    low: float  # whole where `whole`
    high: float
    log: bool
    step: float | None
    whole: bool
    when: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)

    def value(self, chosen: Scalar) -> Any:
        """The number that is set, without the last bits that counting steps leaves."""
        return chosen if self.whole or self.step is None else float(f"{chosen:.12g}")

    def levels(self) -> tuple[Scalar, ...] | None:
        """All values that can be chosen; None where they can't be counted."""
        step = 1 if self.whole and self.step is None else self.step
        if step is None:
            return None
        count = round((self.high - self.low) / step) + 1
        return tuple(self._level(i, step) for i in range(count))

    def corners(self) -> list[tuple[Place, Scalar]]:
        """See `Choices.corners`."""
        return [(("low",), self.low), (("high",), self.high)]

    def draw(self, stream: random.Random) -> Scalar:
        """A number drawn at random, on the range's own scale."""
        if (levels := self.levels()) is not None and not self.log:
            return stream.choice(levels)
        if not self.log:
            return stream.uniform(self.low, self.high)
        number = math.exp(stream.uniform(math.log(self.low), math.log(self.high)))
        return round(number) if self.whole else number

    def _level(self, number: int, step: float) -> Scalar:
        level = self.low + number * step
        return int(level) if self.whole else level


def dimension_of(name: str, words: DimensionWords) -> Choices | Range:
    """The dimension that correct words describe."""
    when = {
        other: tuple(map(label_of, wanted if isinstance(wanted, list) else [wanted]))
        for other, wanted in words.when.items()
    }
    if words.choices is not None:
        return Choices(name, tuple(words.choices), when)
    assert words.low is not None
    assert words.high is not None
    whole = all(isinstance(number, int) for number in (words.low, words.high, words.step or 1))
    return Range(name, words.low, words.high, words.log, words.step, whole, when)


def holds(when: Mapping[str, tuple[Scalar, ...]], params: Params) -> bool:
    """Whether an earlier choice meets the condition; a setting that was not chosen at all does not."""
    return all(name in params and any(_same(params[name], value) for value in wanted) for name, wanted in when.items())


def _same(one: Scalar, other: Scalar) -> bool:
    """Whether two values are equal and of one kind: True is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
