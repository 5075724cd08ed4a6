"""factorial: every combination, so that effects and interactions can be separated.

Alternatives of one setting are factors that set it to different values: `hinge: {loss: hinge}` and `lsgan: {loss:
lsgan}` together are one factor of three levels; both at once is impossible and left out.
"""

from collections.abc import Sequence
from itertools import product

from ablations.study.designs.arm_names import arm_name
from ablations.study.designs.layout import MOST_ARMS, Combination, Design, DesignOptions, Layout
from gan_core.problems import Problem, UserError


def factorial(factors: Sequence[str], options: DesignOptions) -> Layout:
    """All 2^k combinations of k factors, in the standard order: the first factor changes fastest, the baseline first.

    Raises UserError where that is more than MOST_ARMS.
    """
    if 2 ** len(factors) > MOST_ARMS:
        message = f"{len(factors)} factors make {2 ** len(factors)} arms"
        raise UserError(Problem(message, ("design",), f"at most {MOST_ARMS} arms; `design: fractional` has fewer"))
    combinations = []
    for switched in product((False, True), repeat=len(factors)):
        on = frozenset(f for f, is_on in zip(factors, reversed(switched), strict=True) if is_on)
        combinations.append(Combination(arm_name(on, factors), on))
    return Layout(tuple(combinations))


FACTORIAL = Design("every combination of the factors", factorial, leaves_out=True)
