"""one-out: is a factor missed when everything else is on?"""

from collections.abc import Sequence

from ablations.study.designs.layout import ALL, Combination, Design, DesignOptions, Layout


def one_out(factors: Sequence[str], options: DesignOptions) -> Layout:
    """Everything on, the reference; then everything but one, for each factor."""
    every = frozenset(factors)
    minus = (Combination(f"without_{factor}", every - {factor}) for factor in factors)
    return Layout((Combination(ALL, every), *minus), reference=ALL)


ONE_OUT = Design("everything on, and everything without each factor", one_out)
