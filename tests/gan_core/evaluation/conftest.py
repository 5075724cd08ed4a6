"""Small image sets, so that scoring them is quick."""

import numpy as np
import pytest

from gan_core.datasets import ImageSet
from gan_core.datasets.shapes import draw


@pytest.fixture(scope="session")
def some_shapes() -> ImageSet:
    """600 shapes, [600 1 32 32]."""
    images, labels = draw(11, 600)
    return ImageSet.of("some-shapes", "train", images, labels, "as drawn")


@pytest.fixture(scope="session")
def other_shapes() -> ImageSet:
    """Another 600, half of them inverted."""
    images, labels = draw(12, 600)
    images[::2] = 255 - images[::2]
    return ImageSet.of("other-shapes", "train", np.ascontiguousarray(images), labels, "half inverted")
