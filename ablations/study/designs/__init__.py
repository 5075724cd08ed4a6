"""Designs: which combinations of factors a study runs. Pure functions from factor names to arms."""

from collections.abc import Mapping
from types import MappingProxyType

from ablations.study.designs.explicit import ARMS
from ablations.study.designs.factorial import FACTORIAL
from ablations.study.designs.fractional import FRACTIONAL
from ablations.study.designs.ladder import LADDER
from ablations.study.designs.layout import (
    ALL,
    BASELINE,
    MOST_FACTORS,
    RESERVED,
    REST,
    Combination,
    Design,
    DesignOptions,
    Fraction,
    Layout,
)
from ablations.study.designs.one_in import ONE_IN
from ablations.study.designs.one_out import ONE_OUT
from ablations.study.designs.search import SEARCH

__all__ = [
    "ALL",
    "BASELINE",
    "DESIGNS",
    "MOST_FACTORS",
    "RESERVED",
    "REST",
    "Combination",
    "Design",
    "DesignOptions",
    "Fraction",
    "Layout",
]
# A new design is a file and a line here.
DESIGNS: Mapping[str, Design] = MappingProxyType(
    {
        "one-in": ONE_IN,
        "one-out": ONE_OUT,
        "ladder": LADDER,
        "factorial": FACTORIAL,
        "fractional": FRACTIONAL,
        "arms": ARMS,
        "search": SEARCH,
    }
)
