"""Spectral norm against an SVD."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from tests.gan_core.trainer import steps, tiny_state


def largest_singular_value(module: nn.Module) -> float:
    module.eval()  # reading the weight in training mode would move the power iteration on
    weight = module.weight.detach().numpy()
    module.train()
    if isinstance(module, nn.ConvTranspose2d):
        weight = weight.transpose(1, 0, 2, 3)
    return float(np.linalg.svd(weight.reshape(len(weight), -1), compute_uv=False)[0])


def linear_maps(net: nn.Module) -> list[nn.Module]:
    return [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]


@pytest.mark.parametrize(("on", "normalised"), [("D", "D"), ("G", "G"), ("both", "DG")])
def test_every_linear_map_has_largest_singular_value_one(images: ImageArray, on: str, normalised: str) -> None:
    # Learning stands still, so that the power iterations can settle on one matrix
    state = steps(tiny_state(images, spectral_norm={"on": on}, lr_d=1e-12, lr_g=1e-12), 60)
    for player, net in (("D", state.D), ("G", state.G)):
        values = [largest_singular_value(module) for module in linear_maps(net)]
        assert len(values) == 3
        if player in normalised:
            np.testing.assert_allclose(values, 1, atol=1e-3)
        else:
            assert max(abs(value - 1) for value in values) > 0.1


@pytest.mark.parametrize("architecture", ["dcgan", "mlp", "sngan_resnet"])
def test_bare_ends_are_the_maps_of_z_and_of_the_logit(images: ImageArray, architecture: str) -> None:
    state = tiny_state(
        images, architecture=architecture, norm_d="none", spectral_norm={"on": "both", "bare_ends": True}
    )
    for net, bare in ((state.G, 0), (state.D, -1)):
        maps = linear_maps(net)
        assert [m for m in maps if not is_parametrized(m, "weight")] == [maps[bare]]
    (last,) = linear_maps(state.D.head)
    assert last is linear_maps(state.D)[-1]
    fed: list[torch.Size] = []
    linear_maps(state.G)[0].register_forward_hook(lambda module, inputs, output: fed.append(inputs[0].shape))
    state.G(state.latents(2))
    assert fed[0].numel() == 2 * 8  # z itself


def test_without_bare_ends_the_fingerprint_is_what_it_was_before_the_option() -> None:
    plain = resolve({"spectral_norm": {"on": "both", "bare_ends": False}})
    assert plain.plain()["spectral_norm"] == {"on": "both", "power_iterations": 1}
    bare = resolve({"spectral_norm": {"on": "both", "bare_ends": True}})
    assert bare.fingerprint() != plain.fingerprint()
    assert resolve(bare.plain()) == bare


def test_the_dose_is_the_largest_of_them(images: ImageArray) -> None:
    state = steps(tiny_state(images, spectral_norm=True, lr_d=1e-3), 5)
    (dose,) = state.doses["spectral_norm"]
    expected = max(largest_singular_value(module) for module in linear_maps(state.D))
    assert dose()["largest_singular_value"] == pytest.approx(expected, rel=1e-5)


def test_reading_the_dose_leaves_the_run_alone(images: ImageArray) -> None:
    asked, left = (tiny_state(images, spectral_norm=True) for _ in range(2))
    for _ in range(3):
        steps(asked, 1), steps(left, 1)
        asked.doses["spectral_norm"][0]()
    for a, b in zip(asked.D.state_dict().values(), left.D.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_d_bounds_how_fast_its_logit_changes(images: ImageArray) -> None:
    """Each k4 s2 p1 layer has norm at most that of its matrix times 2 (an input meets at most 2x2 windows)."""
    state = steps(tiny_state(images, spectral_norm=True, norm_d="none", lr_d=1e-12), 60)
    x = torch.rand(32, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    x.requires_grad_(True)
    (gradient,) = torch.autograd.grad(state.D(x).sum(), x)
    slope = gradient.flatten(1).norm(dim=1).max()
    assert 0 < slope <= 2**2 + 1e-3
