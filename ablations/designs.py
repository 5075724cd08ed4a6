"""Designs: which combinations of factors a study runs. Pure: factor names -> arms."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from gan_core.records import Record

BASELINE = "baseline"
ALL = "all"
RESERVED = (BASELINE, ALL, "seed")  # names of arms, and of the parameter beside the factors: no factor may have them


class DesignOptions(Record):
    """What a study file may say beside the design's name."""

    all_together: bool = False


class Combination(NamedTuple):
    """An arm by name, and the factors that are on in it."""

    arm: str
    on: frozenset[str]


Design = Callable[[Sequence[str], DesignOptions], tuple[Combination, ...]]


def one_in(factors: Sequence[str], options: DesignOptions) -> tuple[Combination, ...]:
    """The baseline, then the baseline with each factor alone; on request one more arm with all of them."""
    together = (Combination(ALL, frozenset(factors)),) if options.all_together else ()
    return (
        Combination(BASELINE, frozenset()),
        *(Combination(factor, frozenset({factor})) for factor in factors),
        *together,
    )


# A new design is a function and a line here. It gives the baseline first, and no two arms of one name.
DESIGNS: Mapping[str, Design] = MappingProxyType({"one-in": one_in})
