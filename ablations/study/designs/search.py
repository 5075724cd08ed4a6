"""search: which combination of tricks and settings is best? Arms are suggested one after another, then confirmed.

Only the baseline is known in advance. `ablations.search` explores; what it finds best is trained again, with the
baseline, on fresh seeds, and only that is ranked: the best of many is best by luck too.
"""

from collections.abc import Sequence

from ablations.study.designs.layout import BASELINE, Combination, Design, DesignOptions, Layout


def search(factors: Sequence[str], options: DesignOptions) -> Layout:
    """The baseline; the other arms are suggested while the search runs."""
    return Layout((Combination(BASELINE, frozenset()),))


SEARCH = Design(
    "arms that a sampler suggests, and the best of them again on fresh seeds",
    search,
    takes=frozenset({"explore", "confirm", "space"}),
    needs=frozenset({"explore", "confirm"}),
)
