"""Regular two-level fractions by first fit: a factor is the first product of base factors that makes no word too short.

Products are taken in the order of how many base factors they are of. A product is a set of base factors, here the bits
of a number, and the product of two is their symmetric difference: a word of the defining relation is a set of columns
that come to 0, so that a column may not be what resolution - 2 columns before it, or fewer, come to.
"""

from collections.abc import Iterator
from itertools import combinations, count, islice, product

import numpy as np
from numpy.typing import NDArray


def first_fit(factors: int, resolution: int) -> NDArray[np.int64]:
    """The fraction of at least this resolution with the fewest base factors that suffice: [runs factors] of -1 and +1.

    Up to 15 factors, and resolution 7, no search finds a smaller one.
    """
    for base in count(2):
        columns = list(islice(_columns(base, resolution), factors))
        if len(columns) == factors:
            break
    runs = np.array(list(product((-1, 1), repeat=base)), dtype=np.int64)  # [runs base]
    return np.stack([runs[:, [bit for bit in range(base) if column >> bit & 1]].prod(axis=1) for column in columns], 1)


def _columns(base: int, resolution: int) -> Iterator[int]:
    """The base factors, then the products of them that fit."""
    depth = resolution - 2
    sums: list[set[int]] = [{0}, *(set[int]() for _ in range(depth))]  # what so many of the columns come to
    for order in range(1, base + 1):
        for bits in combinations(range(base), order):
            column = sum(1 << bit for bit in bits)
            if not any(column in those for those in sums):
                for more in range(depth, 0, -1):
                    sums[more] |= {column ^ known for known in sums[more - 1]}
                yield column
