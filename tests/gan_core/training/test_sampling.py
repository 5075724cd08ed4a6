"""Sampling leaves the network as it was; grids are what they show."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.evaluation.quantise import NotFiniteError
from gan_core.training.sampling import fixed_latents, sampled, save_grid
from tests.gan_core.trainer import TINY, same, steps, tiny_state, weights

CPU = torch.device("cpu")


def test_banks_of_latents_hang_on_seed_and_name_alone() -> None:
    bank = fixed_latents(resolve(TINY), "latent.grid", 10)
    assert torch.equal(bank, fixed_latents(resolve({**TINY, "lr_d": 1e-3}), "latent.grid", 10))
    assert not torch.equal(bank, fixed_latents(resolve({**TINY, "seed": 1}), "latent.grid", 10))
    assert not torch.equal(bank, fixed_latents(resolve(TINY), "latent.full", 10))


def test_samples_do_not_hang_on_their_company_and_g_stays_as_it_was(images: ImageArray) -> None:
    state = steps(tiny_state(images), 3)
    before = weights(state.G)
    latents = fixed_latents(resolve(TINY), "test", 600)
    together = torch.cat(list(sampled(state.G, latents, CPU)))
    assert together.shape == (600, 1, 16, 16)
    assert together.dtype == torch.uint8
    alone = torch.cat(list(sampled(state.G, latents[:3], CPU)))
    assert (together[:3].int() - alone.int()).abs().max() <= 1  # another batch size may round the other way
    assert same(before, weights(state.G))  # running statistics included
    assert all(module.training for module in state.G.modules())


def test_a_consumer_that_stops_half_way_leaves_no_mode_behind(images: ImageArray) -> None:
    state = tiny_state(images)
    batches = sampled(state.G, fixed_latents(resolve(TINY), "test", 600), CPU)
    next(batches)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    assert state.G.training


def test_images_that_are_not_finite_are_no_images() -> None:
    class Broken(nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return torch.full((len(z), 1, 4, 4), float("nan"))

    with pytest.raises(NotFiniteError):
        list(sampled(Broken(), torch.zeros(3, 2), CPU))


def test_a_grid_shows_every_image_in_order(tmp_path: Path) -> None:
    images = torch.arange(9, dtype=torch.uint8)[:, None, None, None].expand(9, 1, 5, 5) * 20
    save_grid(images, tmp_path / "grids" / "0.png")
    picture = np.asarray(Image.open(tmp_path / "grids" / "0.png"))
    assert picture.shape == (3 * 7 + 2, 3 * 7 + 2), "grey images make a grey picture"
    centres = picture[4::7, 4::7].flatten()
    assert centres.tolist() == [20 * i for i in range(9)]
    assert list((tmp_path / "grids").iterdir()) == [tmp_path / "grids" / "0.png"]


def test_a_grid_keeps_colours(tmp_path: Path) -> None:
    colours = torch.tensor([[255, 0, 0], [0, 255, 0], [9, 99, 199]], dtype=torch.uint8)
    save_grid(colours[:, :, None, None].expand(3, 3, 5, 5), tmp_path / "0.png", columns=3)
    picture = np.asarray(Image.open(tmp_path / "0.png"))
    np.testing.assert_array_equal(picture[4, 4::7], colours.numpy())
