"""ladder: what does each factor add on top of those before it?"""

from collections.abc import Sequence

from ablations.study.designs.layout import BASELINE, Combination, Design, DesignOptions, Layout


def ladder(factors: Sequence[str], options: DesignOptions) -> Layout:
    """The baseline, then one factor more at each rung, in the file's order. Rungs are called '1+dropout', '2+ttur'.

    A rung that a rule forbids is an error: all rungs above it would stand on nothing. What a rung sets takes the place
    of what a lower one has set: another network, a number that now moves.
    """
    rungs = [Combination(BASELINE, frozenset())]
    for number, factor in enumerate(factors, start=1):
        below = rungs[-1]
        rungs.append(Combination(f"{number}+{factor}", below.on | {factor}, below.arm))
    return Layout(tuple(rungs))


LADDER = Design("the factors added one after another, in the file's order", ladder, replaces=True, needs_every_arm=True)
