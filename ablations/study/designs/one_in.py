"""one-in: does a factor help on its own?"""

from collections.abc import Sequence

from ablations.study.designs.layout import ALL, BASELINE, Combination, Design, DesignOptions, Layout


def one_in(factors: Sequence[str], options: DesignOptions) -> Layout:
    """The baseline, then the baseline with each factor alone; on request one more arm with all of them."""
    together = (Combination(ALL, frozenset(factors), where=("all_together",)),) if options.all_together else ()
    alone = (Combination(factor, frozenset({factor})) for factor in factors)
    return Layout((Combination(BASELINE, frozenset()), *alone, *together))


ONE_IN = Design("the baseline, and the baseline with each factor alone", one_in, takes=frozenset({"all_together"}))
