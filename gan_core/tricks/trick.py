"""What a trick is: options, a paper, rules about its company, and the parts that it puts into the seats."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gan_core.records import Record
from gan_core.schema.rules import Compatibility, Reach
from gan_core.tricks.seats import Context, Parts

__all__ = ["Compatibility", "Reach", "Trick", "any_nonzero"]


def any_nonzero(dose: Mapping[str, float]) -> bool:
    """Whether anything in a dose is a number other than 0: what "acted" means unless a trick knows better."""
    return any(math.isfinite(value) and value != 0 for value in dose.values())


@dataclass(frozen=True)
class Trick:
    """An addition that is present or absent. The first field of `options` is its main number: `--dropout 0.3`.

    `acts` says whether a tick's dose means that the trick did anything; one that never did in a run is inert.
    """

    name: str
    summary: str
    paper: str
    options: type[Record]
    build: Callable[[Any, Context], Parts]
    needs: tuple[Compatibility, ...] = ()
    excludes: tuple[Compatibility, ...] = ()
    acts: Callable[[Mapping[str, float]], bool] = any_nonzero
    reaches: tuple[Reach, ...] = ()  # of options that need a budget of some size to act
    edits_blocks: Callable[[Any], bool] = lambda options: (
        False
    )  # with these it reaches hidden blocks, or D's last layer
    mirrors: Callable[[Any], bool] = lambda options: False  # with these options D takes a mirrored image for the same

    @property
    def main_option(self) -> str:
        """The option that a bare value is for."""
        return next(iter(self.options.model_fields))
