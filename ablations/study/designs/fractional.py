"""fractional: a part of the factorial that still tells main effects apart, and says what it confounds.

A regular two-level fraction 2^(k-p) (Box, Hunter & Hunter, Statistics for Experimenters, 2nd ed. 2005, ch. 6): k - p
base factors in all combinations, each other factor the product of some of them, off being -1 and on +1. The words of
the defining relation are the products that are constant; the shortest one's length is the resolution. At resolution
3 a main effect can't be told from some interactions of two; at 4 from none, but those interactions not from each
other; at 5 main effects and interactions of two are all apart.

A combination that a rule forbids is an error here: without it the fraction isn't one, and its aliases are not true.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ablations.study.designs.arm_names import arm_name
from ablations.study.designs.layout import MOST_ARMS, Alias, Combination, Design, DesignOptions, Fraction, Layout
from gan_core.problems import Problem, UserError

Signs = NDArray[np.int64]  # [runs factors] of -1 (off) and +1 (on)
FEWEST, MOST = 3, 20  # factors


def fractional(factors: Sequence[str], options: DesignOptions) -> Layout:
    """The smallest fraction of at least the requested resolution that has the baseline among its runs.

    Raises UserError where none is smaller than the factorial itself.
    """
    resolution = options.resolution or 0
    if not FEWEST <= len(factors) <= MOST:
        message = f"{len(factors)} factors"
        raise UserError(Problem(message, ("tricks",), f"{FEWEST} to {MOST} factors for a fractional design"))
    design = _design(len(factors), resolution)
    if len(design) == 2 ** len(factors) or len(design) > MOST_ARMS:
        message = f"resolution {resolution} of {len(factors)} factors takes {len(design)} arms"
        hint = "a lower resolution"
        if len(design) == 2 ** len(factors) <= MOST_ARMS:
            message, hint = f"{message}, which is all of them", f"`design: factorial`, or {hint}"
        raise UserError(Problem(message, ("resolution",), hint))
    arms = []
    for row in design:
        on = frozenset(factor for factor, sign in zip(factors, row, strict=True) if sign > 0)
        arms.append(Combination(arm_name(on, factors), on))
    arms.sort(key=lambda arm: len(arm.on) > 0)  # the baseline first
    return Layout(tuple(arms), fraction=_fraction(factors, design))


def _design(factors: int, resolution: int) -> Signs:
    """pydoe's fraction with the signs of its generators chosen so that one run has every factor off."""
    from pydoe import fracfact_by_res  # a second to import

    try:
        design = np.asarray(fracfact_by_res(factors, resolution)).astype(np.int64)
    except ValueError as error:
        message = f"no fraction of resolution {resolution} was found for {factors} factors"
        raise UserError(Problem(message, ("resolution",), "a lower resolution")) from error
    oriented: Signs = design * -design[0]
    return oriented


def _fraction(factors: Sequence[str], design: Signs) -> Fraction:
    k, aliases = len(factors), tuple(_aliases(factors, design))
    return Fraction(
        resolution=min(map(len, _words(design))),
        runs=len(design),
        generators=tuple(_generators(factors, design)),
        told_apart=k + k * (k - 1) // 2 - sum(len(alias.effects) - 1 for alias in aliases),
        aliases=aliases,
    )


def _generators(factors: Sequence[str], design: Signs) -> Iterator[str]:
    """'d = -a x b' for each factor that is a product of base factors, which stand before it."""
    base = _base(design)
    for column in range(len(factors)):
        if column not in base:
            sign, of = _product(design, base, column)
            yield str(Alias(effects=((factors[column],), tuple(factors[i] for i in of)), signs=(1, sign)))


def _base(design: Signs) -> list[int]:
    """The first columns that occur in all combinations: as many as the runs are a power of 2."""
    base: list[int] = []
    for column in range(design.shape[1]):
        if len(np.unique(design[:, [*base, column]], axis=0)) == 2 ** (len(base) + 1):
            base.append(column)
    return base


def _product(design: Signs, base: Sequence[int], column: int) -> tuple[int, tuple[int, ...]]:
    """The sign and the base columns whose product a column is.

    A base factor is in the product if the column changes sign with it, all others being equal.
    """
    rows = {tuple(row): i for i, row in enumerate(design[:, base])}
    off = (-1,) * len(base)
    of = []
    for position in range(len(base)):
        on = (*off[:position], 1, *off[position + 1 :])
        if design[rows[on], column] != design[rows[off], column]:
            of.append(base[position])
    sign = int(design[0, column] * np.prod(design[0, of]))
    return sign, tuple(of)


def _words(design: Signs) -> list[frozenset[int]]:
    """The defining relation: every set of columns whose product is constant.

    They are the products of the generators' words: sets under symmetric difference.
    """
    base = _base(design)
    words: list[frozenset[int]] = [frozenset()]
    for column in range(design.shape[1]):
        if column not in base:
            word = frozenset({column, *_product(design, base, column)[1]})
            words += [known ^ word for known in words]
    return words[1:]


def _aliases(factors: Sequence[str], design: Signs) -> Iterator[Alias]:
    """The groups of main effects and two-way interactions that can't be separated, main effects first."""
    effects = [*((i,) for i in range(len(factors))), *combinations(range(len(factors)), 2)]
    groups: dict[bytes, list[tuple[tuple[int, ...], int]]] = {}
    for effect in effects:
        contrast = np.prod(design[:, effect], axis=1)
        sign = int(contrast[0])
        groups.setdefault((contrast * sign).tobytes(), []).append((effect, sign))
    for group in groups.values():
        if len(group) > 1:
            yield Alias(
                effects=tuple(tuple(factors[i] for i in effect) for effect, _ in group),
                signs=tuple(sign * group[0][1] for _, sign in group),
            )


FRACTIONAL = Design(
    "the smallest part of the factorial with a stated resolution",
    fractional,
    takes=frozenset({"resolution"}),
    needs=frozenset({"resolution"}),
    needs_every_arm=True,
)
