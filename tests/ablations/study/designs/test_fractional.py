"""Fractions: resolution and aliases against pydoe's own account of them and by brute force."""

import string
from itertools import chain, combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from pydoe import fracfact_aliasing

from ablations.study.designs import BASELINE, DESIGNS, DesignOptions, Layout
from gan_core.problems import UserError

CASES = [(3, 3), (4, 4), (5, 3), (5, 5), (6, 3), (6, 4), (7, 3), (7, 4), (8, 4), (8, 5)]


def laid_out(factors: int, resolution: int) -> Layout:
    names = string.ascii_lowercase[:factors]
    return DESIGNS["fractional"].lay_out(tuple(names), DesignOptions(resolution=resolution))


def signs_of(layout: Layout, factors: int) -> NDArray[np.int64]:
    """[arms factors] of -1 and +1, from the arms themselves."""
    names = string.ascii_lowercase[:factors]
    return np.array([[1 if name in arm.on else -1 for name in names] for arm in layout.combinations])


def constant_products(design: NDArray[np.int64]) -> dict[tuple[int, ...], int]:
    """By brute force: every set of columns whose product is the same in all runs, and that product."""
    k = design.shape[1]
    sets = chain.from_iterable(combinations(range(k), n) for n in range(1, k + 1))
    products = {columns: np.prod(design[:, columns], axis=1) for columns in sets}
    return {columns: int(p[0]) for columns, p in products.items() if (p == p[0]).all()}


@pytest.mark.parametrize(("factors", "resolution"), CASES)
def test_a_fraction_is_what_it_says(factors: int, resolution: int) -> None:
    layout = laid_out(factors, resolution)
    design, fraction = signs_of(layout, factors), layout.fraction
    assert fraction is not None
    assert fraction.runs == len(design) < 2**factors
    assert len(np.unique(design, axis=0)) == len(design)
    assert (design.sum(axis=0) == 0).all()  # each factor is on in half of the arms
    words = constant_products(design)
    assert fraction.resolution == min(map(len, words)) >= resolution
    assert len(words) + 1 == 2**factors // fraction.runs
    assert (layout.reference, layout.combinations[0].arm) == (BASELINE, BASELINE)
    for generator in fraction.generators:
        made, of = generator.split(" = ")
        columns = [string.ascii_lowercase.index(name) for name in of.removeprefix("-").split(" x ")]
        product = np.prod(design[:, columns], axis=1) * (-1 if of.startswith("-") else 1)
        assert (design[:, string.ascii_lowercase.index(made)] == product).all()
    assert 2 ** (factors - len(fraction.generators)) == fraction.runs


@pytest.mark.parametrize(("factors", "resolution"), CASES)
def test_aliases(factors: int, resolution: int) -> None:
    """Each group is one contrast but for its signs; no effect is missing from the groups. pydoe finds the same groups.

    pydoe doesn't look at signs, so it is asked about the design in which all generators are positive.
    """
    layout = laid_out(factors, resolution)
    design, fraction = signs_of(layout, factors), layout.fraction
    assert fraction is not None
    for alias in fraction.aliases:
        columns = [np.prod(design[:, [ord(f) - 97 for f in effect]], axis=1) for effect in alias.effects]
        assert all((columns[0] == sign * c).all() for sign, c in zip(alias.signs, columns, strict=True))
    row = design[-1]  # flipping columns such that some run is all on makes every word positive
    known, _ = fracfact_aliasing((design * row).astype(float))
    groups = {frozenset(e for e in line.split(" = ") if len(e) <= 2) for line in known}
    assert {frozenset("".join(e) for e in alias.effects) for alias in fraction.aliases} == {
        group for group in groups if len(group) > 1
    }
    assert fraction.told_apart == len([group for group in groups if group])
    if resolution >= 5:
        assert fraction.aliases == ()


def test_how_an_alias_reads() -> None:
    fraction = laid_out(3, 3).fraction
    assert fraction is not None
    assert fraction.generators == ("c = -a x b",)
    assert list(map(str, fraction.aliases)) == ["a = -b x c", "b = -a x c", "c = -a x b"]


@pytest.mark.parametrize(
    ("factors", "resolution", "message"),
    [
        (2, 3, "tricks: 2 factors; allowed: 3 to 20 factors"),
        (
            3,
            4,
            "resolution: resolution 4 of 3 factors takes 8 arms, .* all of them; allowed: `design: factorial`",
        ),
        (21, 3, "tricks: 21 factors; allowed: 3 to 20"),
        (20, 7, "resolution: .*a lower resolution"),
    ],
)
def test_no_such_fraction(factors: int, resolution: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        laid_out(factors, resolution)
