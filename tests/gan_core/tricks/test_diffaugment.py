"""DiffAugment: the paper's ranges, independence, and both players' way through it."""

from typing import Any

import pytest
import torch
from torch import Tensor

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from gan_core.tricks.diffaugment import TRANSFORMS
from tests.gan_core.trainer import steps, tiny_state

MANY = 3000


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_colour_of_a_flat_grey_image_is_brightness_alone() -> None:
    shift = TRANSFORMS["colour"](torch.zeros(MANY, 1, 4, 4), stream())
    assert torch.equal(shift, shift[:, :, :1, :1].expand_as(shift))
    values = shift[:, 0, 0, 0]
    assert -0.5 <= float(values.min()) < -0.48
    assert 0.48 < float(values.max()) <= 0.5
    assert float(values.var()) == pytest.approx(1 / 12, rel=0.05)  # a uniform distribution's


def test_contrast_of_a_grey_image_is_within_half_and_one_and_a_half() -> None:
    checks = (torch.arange(16).reshape(1, 1, 4, 4) % 2 * 2.0 - 1).expand(MANY, 1, 4, 4)  # mean 0, deviation 1
    factor = TRANSFORMS["colour"](checks, stream()).flatten(1).std(dim=1, correction=0)
    assert 0.5 <= float(factor.min()) < 0.52
    assert 1.48 < float(factor.max()) <= 1.5
    assert float(factor.mean()) == pytest.approx(1, abs=0.02)


def test_saturation_moves_colours_from_none_to_twice() -> None:
    """Two opposite colours: contrast is up to 1.5, saturation up to 2, so colourfulness reaches from 0 to 3."""
    x = torch.zeros(MANY, 3, 4, 4)
    x[:, 0, ::2], x[:, 0, 1::2] = 0.3, -0.3
    y = TRANSFORMS["colour"](x, stream())
    colourfulness = (y - y.mean(dim=1, keepdim=True)).flatten(1).abs().sum(dim=1) / (16 * 0.4)
    assert float(colourfulness.min()) < 0.05
    assert 2.5 < float(colourfulness.max()) <= 3
    assert float(colourfulness.mean()) == pytest.approx(1, abs=0.05)


def test_translation_is_at_most_an_eighth_and_padded_with_zeros() -> None:
    x = torch.zeros(MANY, 1, 16, 24)
    x[:, :, 8, 12] = 1
    y = TRANSFORMS["translation"](x, stream())
    _, _, rows, columns = y.nonzero().T
    assert sorted(set(rows.tolist())) == [6, 7, 8, 9, 10]
    assert sorted(set(columns.tolist())) == [9, 10, 11, 12, 13, 14, 15]
    assert abs(float(torch.corrcoef(torch.stack([rows, columns]).float())[0, 1])) < 0.06


def test_cutout_masks_half_the_size_with_its_centre_anywhere() -> None:
    y = TRANSFORMS["cutout"](torch.ones(MANY, 2, 16, 16), stream())
    masked = (y == 0).all(dim=1)
    assert torch.equal(masked, (y == 0).any(dim=1))
    heights, widths = masked.any(dim=2).sum(dim=1), masked.any(dim=1).sum(dim=1)
    assert torch.equal(masked.flatten(1).sum(dim=1), heights * widths)  # one rectangle
    assert int(heights.max()) == int(widths.max()) == 8
    assert int(heights.min()) == int(widths.min()) == 4  # its centre on the border, or just outside
    assert masked.any(dim=0).all()


@pytest.mark.parametrize(("size", "places"), [(16, 17), (14, 14), (17, 18), (32, 33)])
def test_cutout_reaches_both_edges_alike(size: int, places: int) -> None:
    """The authors' `rand_cutout`: randint(0, size + (1 - cutout % 2)) for the centre, the mask clamped to the image.

    With an even side the centre has one place more than the image has pixels, so a mask of half its length is as
    frequent at the end as at the beginning.
    """
    y = TRANSFORMS["cutout"](torch.ones(MANY, 1, size, size), stream())
    rows = (y[:, 0] == 0).any(dim=2)  # [N H]
    first = rows.float().argmax(dim=1)
    last = size - 1 - rows.flip(1).float().argmax(dim=1)
    ends = set(zip(first.tolist(), last.tolist(), strict=True))
    half = size // 2
    expected = {(max(c - half // 2, 0), min(c - half // 2 + half, size) - 1) for c in range(places)}
    assert ends == expected


@pytest.mark.parametrize("name", list(TRANSFORMS))
def test_images_are_transformed_independently_and_looks_too(name: str, images: ImageArray) -> None:
    x = (torch.from_numpy(images[:1]).float() / 127.5 - 1).expand(32, 1, 16, 16)
    draws = stream()
    first, second = TRANSFORMS[name](x, draws), TRANSFORMS[name](x, draws)
    assert len({tuple(y.flatten().tolist()) for y in first}) > 16
    assert not torch.equal(first, second)


def test_the_policy_says_which_transforms(images: ImageArray) -> None:
    state = tiny_state(images, diffaugment="translation")
    (look,) = state.parts.view
    x = torch.ones(64, 1, 16, 16)
    assert set(look(x).unique().tolist()) == {0.0, 1.0}  # padding, and no colour
    assert state.config.trick("diffaugment").policy == "translation"


@pytest.mark.parametrize("text", ["cutout,colour", " colour , cutout", "colour,cutout,colour"])
def test_the_order_in_a_policy_does_not_matter(text: str) -> None:
    assert resolve({"diffaugment": text}).fingerprint() == resolve({"diffaugment": "colour,cutout"}).fingerprint()


@pytest.mark.parametrize(("text", "words"), [("color", "did you mean 'colour'"), ("", "no transform is called ''")])
def test_an_unknown_transform_is_named(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        resolve({"diffaugment": text})


def test_g_learns_through_the_augmentation(images: ImageArray) -> None:
    """Reals, fakes, and G's fakes are all looked at, and G's gradient is that of the augmented image."""
    state = tiny_state(images, diffaugment="translation,cutout")
    (look,) = state.parts.view
    x = torch.ones(8, 1, 16, 16, requires_grad=True)
    y = look(x)
    y.sum().backward()
    assert x.grad is not None
    assert set(x.grad.unique().tolist()) == {0.0, 1.0}  # a pixel is still to be seen, or it is not
    assert torch.equal(x.grad.sum(dim=(1, 2, 3)), y.detach().sum(dim=(1, 2, 3)))
    calls: list[Any] = []

    def counted(images_seen: Tensor) -> Tensor:
        calls.append(images_seen.requires_grad)
        return look(images_seen)

    state.parts = type(state.parts)(view=(counted,))
    steps(state, 2)
    assert calls == [False, False, True] * 2


def test_the_dose_is_how_far_pixels_moved(images: ImageArray) -> None:
    state = tiny_state(images, diffaugment="cutout")
    (look,), (dose,) = state.parts.view, state.doses["diffaugment"]
    assert dose() == {}
    y = look(torch.ones(8, 1, 16, 16))
    assert dose()["mean_change"] == pytest.approx(float((y == 0).float().mean()))
