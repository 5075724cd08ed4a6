"""A part of a data set: nested, the same for every run, drawn without regard to order or class."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from gan_core.datasets import ImageSet
from gan_core.datasets.shapes import draw
from gan_core.datasets.subset import rows_of, subset_of


def test_a_smaller_part_lies_within_every_larger_one() -> None:
    parts = [set(map(int, rows_of(60_000, count))) for count in (10, 1000, 5000, 59_999)]  # type: ignore[arg-type]
    assert [len(part) for part in parts] == [10, 1000, 5000, 59_999]
    assert all(smaller < larger for smaller, larger in pairwise(parts))


def test_the_part_is_spread_evenly_over_the_data() -> None:
    rows = rows_of(60_000, 1000)
    assert rows is not None
    assert (np.diff(rows) > 0).all()
    assert stats.kstest(rows / 60_000, "uniform").pvalue > 0.01


@pytest.mark.parametrize("count", [None, 50, 51])
def test_all_images_are_no_part(count: int | None) -> None:
    assert rows_of(50, count) is None


def test_a_part_is_a_set_of_its_own() -> None:
    images, labels = draw(3, 40)
    whole = ImageSet.of("some-shapes", "train", images, labels, "as drawn")
    part, rows = subset_of(whole, 12), rows_of(40, 12)
    assert np.array_equal(part.images, images[rows])
    assert np.array_equal(part.labels, labels[rows])
    assert "12 of 40 images" in part.transform
    assert len({whole.digest, part.digest, subset_of(whole, 13).digest}) == 3
    assert subset_of(whole, 12).digest == part.digest
    assert subset_of(whole, 40) is whole
