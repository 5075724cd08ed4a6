import numpy as np
import pytest

from gan_core.datasets.shapes import CLASSES, draw


def test_the_same_seed_draws_the_same_pictures() -> None:
    images, labels = draw(3, 50)
    again, again_labels = draw(3, 50)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, again_labels)
    assert (draw(4, 50)[0] != images).any()


def test_pictures_differ_in_size_and_brightness_and_stand_out_from_the_ground() -> None:
    images, _ = draw(0, 500)
    brightest, darkest = images.max(axis=(1, 2, 3)), images.min(axis=(1, 2, 3))
    assert ((brightest >= 140) & (darkest <= 60)).all()
    assert len(np.unique(brightest)) > 80


@pytest.mark.parametrize(
    ("shape", "share"),  # area over that of the circumscribed square of side 2 r
    [("square", 0.64), ("disc", np.pi / 4), ("triangle", 3 * np.sqrt(3) / 16), ("cross", 0.51), ("ring", 0.589)],
)
def test_shapes_have_the_area_that_geometry_says(shape: str, share: float) -> None:
    images, labels = draw(1, 4000)
    chosen = images[labels == CLASSES.index(shape), 0].astype(float)
    low, high = chosen.min(axis=(1, 2), keepdims=True), chosen.max(axis=(1, 2), keepdims=True)
    area = ((chosen - low) / (high - low)).sum(axis=(1, 2))
    mean_square_radius = (6**2 + 6 * 11 + 11**2) / 3  # of the uniform distribution over [6, 11]
    assert area.mean() == pytest.approx(4 * mean_square_radius * share, rel=0.06)
