"""Designs: which combinations of factors a study runs. Pure: factor names -> arms."""

from collections.abc import Mapping
from types import MappingProxyType

from ablations.designs.explicit import ARMS
from ablations.designs.factorial import FACTORIAL
from ablations.designs.fractional import FRACTIONAL
from ablations.designs.ladder import LADDER
from ablations.designs.layout import ALL, BASELINE, RESERVED, Combination, Design, DesignOptions, Fraction, Layout
from ablations.designs.one_in import ONE_IN
from ablations.designs.one_out import ONE_OUT
from ablations.designs.search import SEARCH

__all__ = [
    "ALL",
    "BASELINE",
    "DESIGNS",
    "RESERVED",
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
