"""Each transform against plain indexing, image by image."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_core.tricks.image_transforms import brightened, cut_out, flipped, rotated, stretched, translated


def images(count: int = 6, channels: int = 3, height: int = 8, width: int = 8) -> Tensor:
    return torch.rand(count, channels, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1


SHIFTS = [(0, 0), (1, 0), (0, -2), (-3, 3), (2, 1), (-1, -1)]


def test_translation_with_zeros_is_a_padded_crop() -> None:
    x = images(height=9, width=7)
    down, right = torch.tensor(SHIFTS).T
    for before, after, (dy, dx) in zip(x, translated(x, down, right, "zeros"), SHIFTS, strict=True):
        padded = np.pad(before.numpy(), ((0, 0), (4, 4), (4, 4)))
        np.testing.assert_array_equal(after.numpy(), padded[:, 4 - dy : 13 - dy, 4 - dx : 11 - dx])


def test_translation_by_reflection_is_numpys() -> None:
    x = images(height=9, width=7)
    down, right = torch.tensor(SHIFTS).T
    for before, after, (dy, dx) in zip(x, translated(x, down, right, "reflect"), SHIFTS, strict=True):
        padded = np.pad(before.numpy(), ((0, 0), (4, 4), (4, 4)), mode="reflect")
        np.testing.assert_array_equal(after.numpy(), padded[:, 4 - dy : 13 - dy, 4 - dx : 11 - dx])


def test_cutout_is_a_rectangle_of_zeros() -> None:
    x = images()
    corners = [(0, 0), (2, 3), (-2, 4), (6, 6), (-3, -3), (4, -1)]
    top, left = torch.tensor(corners).T
    for before, after, (i, j) in zip(x, cut_out(x, top, left, 4, 3), corners, strict=True):
        expected = before.numpy().copy()
        expected[:, max(i, 0) : max(i + 4, 0), max(j, 0) : max(j + 3, 0)] = 0
        np.testing.assert_array_equal(after.numpy(), expected)


def test_flips_and_quarter_turns_are_numpys() -> None:
    x = images()
    chosen, turns = torch.tensor([True, False, True, False, False, True]), torch.tensor([0, 1, 2, 3, 1, 2])
    for before, flip, turn, after_flip, after_turn in zip(
        x, chosen, turns, flipped(x, chosen), rotated(x, turns), strict=True
    ):
        np.testing.assert_array_equal(after_flip, before.numpy()[:, :, ::-1] if flip else before)
        np.testing.assert_array_equal(after_turn, np.rot90(before.numpy(), int(turn), (1, 2)))


def test_images_that_are_not_square_take_half_turns() -> None:
    x = images(count=2, height=6, width=4)
    turned = rotated(x, torch.tensor([0, 2]))
    assert torch.equal(turned[0], x[0])
    np.testing.assert_array_equal(turned[1], x[1].numpy()[:, ::-1, ::-1])


def test_brightness_contrast_and_saturation_image_by_image() -> None:
    x, amount = images(), torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 0.25])
    grey, middle = x.mean(dim=1, keepdim=True), x.mean(dim=(1, 2, 3), keepdim=True)
    for n, by in enumerate(amount.tolist()):
        image = x[n].numpy()
        np.testing.assert_allclose(brightened(x, amount)[n], image + by, rtol=1e-6)
        mean = image.mean(axis=0)
        np.testing.assert_allclose(stretched(x, grey, amount)[n], mean + by * (image - mean), atol=1e-6)
        mean = image.mean()
        np.testing.assert_allclose(stretched(x, middle, amount)[n], mean + by * (image - mean), atol=1e-6)


def test_a_neutral_amount_leaves_every_bit() -> None:
    x, none = images(), torch.zeros(6, dtype=torch.int64)
    assert torch.equal(brightened(x, torch.zeros(6)), x)
    assert torch.equal(stretched(x, x.mean(dim=1, keepdim=True), torch.ones(6)), x)
    assert torch.equal(flipped(x, none > 0), x)
    assert torch.equal(rotated(x, none), x)
    for padding in ("zeros", "reflect"):
        assert torch.equal(translated(x, none, none, padding), x)


@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_gradients_go_back_to_where_the_pixels_came_from(padding: str) -> None:
    """The transforms but for brightness are linear: their gradient is their transpose, <Ax, y> = <x, A'y>."""
    x = images().requires_grad_(True)
    down, right = torch.tensor(SHIFTS).T
    y = flipped(rotated(x, torch.tensor([0, 1, 2, 3, 1, 2])), torch.tensor([True, False] * 3))
    y = cut_out(translated(y, down, right, padding), down, right, 4, 4)
    y = stretched(y, y.mean(dim=1, keepdim=True), torch.linspace(0, 2, 6))
    probe = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
    (gradient,) = torch.autograd.grad((y * probe).sum(), x)
    assert (gradient * x).sum().item() == pytest.approx((y * probe).sum().item(), rel=1e-4)
    assert (gradient.flatten(1).abs().sum(dim=1) > 0).all()
