"""What a number of seeds can show: beforehand from an assumed spread, afterwards from the measured one."""

import functools
import math
from dataclasses import dataclass

import scipy
from scipy import special

from ablations.statistics.rule import Rule
from ablations.statistics.significance import smallest_sign_flip_p

LENDERS = 5  # seeds from which on comparisons borrow degrees of freedom from one another
MOST_SEEDS = 1000  # an effect that needs more is said to need "more than 1000"


@dataclass(frozen=True)
class Prospect:
    """What n seeds can show, for `plan`."""

    n: int
    comparisons: int
    alpha: float  # for the whole study at this look; before anything is found each test has alpha / comparisons
    smallest_sign_flip_p: float  # 2 / 2^n
    sign_flips_can_answer: bool  # whether that is at most alpha: from n = 6 on for 0.05
    sd: float | None  # assumed, of the paired differences on the rule's scale; None: not known
    detectable: float | None  # on the rule's scale, at the rule's power; None without an sd, inf for n < 2
    detectable_shown: float | None  # for people: a ratio of scores (always > 1) or a difference


def prospect(
    n: int,
    comparisons: int,
    rule: Rule,
    sd: float | None = None,
    *,
    share: float = 1.0,
    borrowed: int = 0,
    blocks: int = 1,
) -> Prospect:
    """What n paired seeds can show in a study with this many comparisons, given the sd of the paired differences.

    `share`: the part of alpha that the look after these seeds has, where a study looks more than once. `borrowed`:
    degrees of freedom that comparisons borrow from one another; they do from LENDERS seeds on, if there are two.
    `blocks`: over which each comparison is averaged, each with as many seeds and with this sd.
    """
    best, alpha = smallest_sign_flip_p(n), rule.alpha * share
    lent = borrowed if n >= LENDERS and comparisons >= 2 else 0
    detectable = None if sd is None else smallest_detectable(n, sd, alpha / comparisons, rule.power, lent, blocks)
    return Prospect(
        n=n,
        comparisons=comparisons,
        alpha=alpha,
        smallest_sign_flip_p=best,
        sign_flips_can_answer=best <= alpha + 1e-12,
        sd=sd,
        detectable=detectable,
        detectable_shown=None if detectable is None else rule.shown(detectable),
    )


def smallest_detectable(n: int, sd: float, alpha: float, power: float, borrowed: int = 0, blocks: int = 1) -> float:
    """The true mean difference that a two-sided paired t test at alpha finds with this power; inf for n < 2.

    Its sd has n - 1 degrees of freedom, and those that are `borrowed` from other pairs.

    An sd from few seeds is a guess itself: from 3 seeds the true one may be half or six times as large (95 %). NaN for
    one of 0, which equal differences on a grid have, and nothing can be known from.
    """
    if not sd > 0:
        return math.nan
    return math.inf if n < 2 else sd * detectable_size(n, alpha, power, borrowed, blocks)


def detectable_size(n: int, alpha: float, power: float, borrowed: int = 0, blocks: int = 1) -> float:
    """The smallest detectable difference in units of the sd, for n >= 2; of several `blocks` for their average."""
    return detectable_errors(blocks * (n - 1 + borrowed), alpha, power) / math.sqrt(n * blocks)


@functools.lru_cache(maxsize=4096)
def detectable_errors(df: int, alpha: float, power: float) -> float:
    """The smallest effect that a two-sided t test at alpha finds with this power, in units of its standard error.

    The standard error has `df` degrees of freedom; without one nothing can be found, nor where the effect is too large
    for the noncentral t distribution to be known. Kept, since all arms of a study need the same few numbers.
    """
    if df < 1:
        return math.inf
    errors = 1.0
    while t_power(errors, df, alpha) < power:
        errors *= 2
    if math.isnan(t_power(errors, df, alpha)):
        return math.inf
    return float(scipy.optimize.brentq(lambda fewer: t_power(fewer, df, alpha) - power, 0, errors))


def seeds_needed(effect: float, sd: float, alpha: float, power: float) -> int | None:
    """The fewest paired seeds with which the t test at alpha finds this effect with this power; None: > MOST_SEEDS.

    None too without an effect or a spread.
    """
    if math.isnan(effect) or not sd > 0 or effect == 0:
        return None
    size = abs(effect) / sd
    low, high = 1, 2  # power grows with n, and one seed never is enough
    while detectable_size(high, alpha, power) > size:
        low, high = high, 2 * high
        if low >= MOST_SEEDS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detectable_size(middle, alpha, power) <= size else (middle, high)
    return high if high <= MOST_SEEDS else None


def find_power(size: float, n: int, alpha: float) -> float:
    """Probability that a two-sided paired t test at alpha finds an effect of `size` sd, and on its own side of 0.

    These are the numbers of statsmodels' TTestPower, whose import takes most of a second.
    """
    return t_power(size * math.sqrt(n), n - 1, alpha)


def t_power(errors: float, df: int, alpha: float) -> float:
    """Probability that a two-sided t test at alpha finds an effect of so many standard errors, on its own side of 0.

    The one-sided test at alpha / 2, from the noncentral t distribution.
    """
    critical = special.stdtrit(df, 1 - alpha / 2)
    return 1 - float(special.nctdtr(df, errors, critical))
