"""The range of the reals: numpy's mean and deviation, exactness over chunks, and that nobody else sees it."""

import numpy as np
import pytest
import torch

from gan_core.datasets import scaling as data_scaling
from gan_core.datasets.batches import ImageArray, to_unit
from gan_core.datasets.scaling import SCALINGS
from gan_core.problems import UserError
from tests.gan_core.trainer import same, steps, tiny_state, weights

CPU = torch.device("cpu")


@pytest.fixture
def coloured() -> ImageArray:
    """40 images whose three channels differ in mean and spread."""
    random = np.random.default_rng(1)
    channels = [random.normal(mean, std, (40, 8, 8)) for mean, std in ((120, 60), (40, 5), (200, 30))]
    return np.stack(channels, axis=1).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("chunk", [1, 1000, 2**22])
def test_standardised_agrees_with_numpy(coloured: ImageArray, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_scaling, "CHUNK_PIXELS", chunk)
    scaling = SCALINGS["standardised"](coloured, CPU)
    pixels = coloured / 255
    assert scaling.mean == pytest.approx(pixels.mean((0, 2, 3)), rel=1e-12)
    assert scaling.std == pytest.approx(pixels.std((0, 2, 3)), rel=1e-12)
    scaled = scaling.apply(torch.from_numpy(coloured)).double()
    assert scaled.mean((0, 2, 3)).tolist() == pytest.approx([0] * 3, abs=1e-5)
    assert scaled.std((0, 2, 3), correction=0).tolist() == pytest.approx([1] * 3, rel=1e-5)


def test_range_is_where_black_and_white_come_to_lie(coloured: ImageArray) -> None:
    scaling = SCALINGS["standardised"](coloured, CPU)
    ends = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None, None].expand(2, 3, 1, 1)
    scaled = scaling.apply(ends)
    assert scaling.plain()["range"] == (pytest.approx(float(scaled.min())), pytest.approx(float(scaled.max())))
    # CelebA's numbers in GANHacks2: the reals span about [-1.63, 2.13]
    celeba = data_scaling.Scaling((0.5063, 0.4258, 0.3831), (0.3107, 0.2904, 0.2897), to_unit)
    assert celeba.plain()["range"] == (pytest.approx(-1.63, abs=0.005), pytest.approx(2.13, abs=0.005))


def test_unit_is_the_range_of_tanh(coloured: ImageArray) -> None:
    scaling = SCALINGS["unit"](coloured, CPU)
    assert scaling.plain()["range"] == (-1.0, 1.0)
    assert torch.equal(scaling.apply(torch.from_numpy(coloured)), to_unit(torch.from_numpy(coloured)))


def test_a_channel_with_one_value_is_refused(coloured: ImageArray) -> None:
    coloured[:, 1] = 77
    with pytest.raises(UserError, match="channel 1 of the data set has a single value"):
        SCALINGS["standardised"](coloured, CPU)


def test_only_ds_reals_are_scaled(images: ImageArray) -> None:
    unit, standardised = (tiny_state(images, data_scaling=name) for name in SCALINGS)
    assert same(weights(unit.G, unit.D), weights(standardised.G, standardised.D))
    z = unit.latents(8)
    assert torch.equal(unit.shown_g(z), standardised.shown_g(z))
    looks: list[float] = []
    standardised.D.register_forward_hook(lambda module, inputs, output: looks.append(float(inputs[0].detach().max())))
    steps(standardised, 1)
    real, fake, fake_of_g = looks
    assert real > 1.5  # bright blobs on black: white lies far out
    assert max(fake, fake_of_g) <= 1
    assert not same(weights(steps(unit, 1).D), weights(standardised.D))
