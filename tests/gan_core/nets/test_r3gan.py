"""R3GAN's networks against scipy, loops by hand, and closed forms of their initial weights."""

import math

import numpy as np
import pytest
import torch
from scipy import signal
from torch import Tensor, nn

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.nets.gained_convolution import GainedConvolution
from gan_core.nets.initialisations import fan_in, r3gan
from gan_core.nets.r3gan import Basis, Discriminator, Generator, ResidualBlock, groups_of
from gan_core.nets.resampling import SmoothDoubling, SmoothHalving
from gan_core.nets.style import Style
from gan_core.problems import UserError
from tests.gan_core.trainer import steps, tiny_state, weights

FILTER = np.convolve([1, 2, 1], [1, 1]) / 8  # the code's filter, smeared over two pixels
SETTINGS = {"architecture": "r3gan", "image_size": 16, "latent_dim": 8, "width": 4}


def by_upfirdn(x: Tensor, up: int, down: int, first: int, size: int) -> np.ndarray:
    """Zeros between the pixels, filtered, every `down`th value from `first` on, along both axes."""
    y = x.numpy()
    for axis in (2, 3):
        y = signal.upfirdn(up * FILTER, y, up, 1, axis=axis)
        y = np.take(y, range(first, first + down * size, down), axis=axis)
    return y


def test_resampling_is_scipys_upfirdn() -> None:
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    np.testing.assert_allclose(SmoothDoubling().double()(x), by_upfirdn(x, 2, 1, 1, 16), atol=1e-12)
    np.testing.assert_allclose(SmoothHalving().double()(x), by_upfirdn(x, 1, 2, 2, 4), atol=1e-12)


def test_away_from_the_border_it_keeps_a_slope_and_at_the_border_everything_is_zero() -> None:
    x = torch.arange(8.0).expand(1, 1, 8, 8)
    torch.testing.assert_close(SmoothDoubling()(x)[0, 0, 8, 2:-2], torch.arange(12) / 2 + 0.75)
    torch.testing.assert_close(SmoothHalving()(x)[0, 0, 2, 1:3], torch.tensor([2.5, 4.5]))
    one = torch.ones(1, 1, 8, 8)
    torch.testing.assert_close(SmoothDoubling()(one)[0, 0, 8, :2], torch.tensor([0.75, 1.0]))
    torch.testing.assert_close(SmoothHalving()(one)[0, 0, 2, :2], torch.tensor([0.875, 1.0]))


@pytest.mark.parametrize("layer", [SmoothDoubling(), SmoothHalving()], ids=["up", "down"])
def test_gradients_of_gradients(layer: nn.Module) -> None:
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: layer.double()(x).square(), x)


def test_a_residual_block_is_its_sums_by_hand() -> None:
    """Float64, 8 channels, 16 inner ones in 1 group, and 32 inner ones in 2 groups of 16."""
    for channels, groups in ((8, 1), (16, 2)):
        block = ResidualBlock(Style.of(resolve(SETTINGS), "G"), channels, 8).double()
        assert block.grouped.groups == groups
        for parameter in block.parameters():
            nn.init.normal_(parameter)
        x = torch.randn(1, channels, 3, 3, dtype=torch.float64)
        w1, w2, w3 = (conv.weight.detach() for conv in (block.expand, block.grouped, block.contract))

        def leaky(h: Tensor, bias: Tensor) -> Tensor:
            h = h + bias.detach()[None, :, None, None]
            return torch.where(h > 0, h, 0.2 * h)

        h = leaky(torch.einsum("oi,nihw->nohw", w1[:, :, 0, 0], x), block.expand.bias)
        padded, each = torch.nn.functional.pad(h, (1, 1, 1, 1)), 16
        grouped = torch.zeros_like(h)
        for out in range(2 * channels):
            begin = out // each * each
            for i, j in np.ndindex(3, 3):
                window = padded[0, begin : begin + each, i : i + 3, j : j + 3]
                grouped[0, out, i, j] = (window * w2[out]).sum()
        h = leaky(grouped, block.grouped.bias)
        expected = x + torch.einsum("oi,nihw->nohw", w3[:, :, 0, 0], h)
        torch.testing.assert_close(block(x).detach(), expected)


def test_g_begins_with_maps_times_a_linear_function_of_z() -> None:
    basis, amplitudes = Basis(3), torch.randn(2, 3)
    for n, c in np.ndindex(2, 3):
        torch.testing.assert_close(basis(amplitudes)[n, c], basis.maps[c] * amplitudes[n, c])


def test_at_first_every_residual_block_passes_on_what_it_gets(images: ImageArray) -> None:
    """Fixup: so G is the basis, doubled, and the last 1x1 convolution; no tanh."""
    state = tiny_state(images, **SETTINGS)
    G, z = state.G, torch.randn(2, 8)
    assert isinstance(G, Generator)
    first = G.blocks[0]
    maps = (z @ first.project.weight.T)[:, :, None, None] * first.basis.maps
    for _ in range(2):
        maps = SmoothDoubling()(maps)
    expected = torch.einsum("oi,nihw->nohw", G.head.weight[:, :, 0, 0], maps)
    torch.testing.assert_close(G(z), expected, atol=1e-5, rtol=1e-4)


def test_initial_weights_have_the_deviations_of_the_code(images: ImageArray) -> None:
    """gain / sqrt(fan-in), gain sqrt(2 / 1.04) L^(-1/4) with L = 6 blocks of three stages: within a few errors."""
    state = tiny_state(images, **SETTINGS)
    gain = math.sqrt(2 / 1.04) * 6 ** (-1 / 4)
    for net in (state.G, state.D):
        for block in (module for module in net.requires_grad_(False).modules() if isinstance(module, ResidualBlock)):
            assert float(block.expand.weight.std()) * math.sqrt(48) == pytest.approx(gain, rel=0.05)
            assert float(block.grouped.weight.std()) * math.sqrt(16 * 9) == pytest.approx(gain, rel=0.05)
            assert not block.contract.weight.any()
            assert not block.expand.bias.any()
    assert isinstance(state.D, Discriminator)
    basis, linear = state.D.head[0], state.D.head[2]
    assert float(basis.weight.std()) * math.sqrt(16) == pytest.approx(1, rel=0.1)  # each map for itself: fan-in 16
    assert float(linear.weight.std()) * math.sqrt(48) == pytest.approx(1, rel=0.35)
    assert float(state.G.blocks[0].basis.maps.std()) == pytest.approx(1, rel=0.1)
    assert float(state.G.blocks[0].project.weight.std()) * math.sqrt(8) == pytest.approx(1, rel=0.15)


def test_grouped_convolutions_have_a_smaller_fan_in() -> None:
    layer = GainedConvolution(64, 64, 3, groups=8, gain=2.0)
    assert fan_in(layer) == 8 * 9
    r3gan(layer)
    assert float(layer.weight.detach().std()) == pytest.approx(2 / math.sqrt(72), rel=0.05)


@pytest.mark.parametrize(
    ("channels", "groups"), [(1536, 96), (768, 48), (3072, 96), (32, 2), (24, 1), (48, 3), (8, 1), (100, 5), (97, 1)]
)
def test_groups_have_16_channels_where_they_can(channels: int, groups: int) -> None:
    assert groups_of(channels) == groups


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_it_trains_with_its_loss_in_either_format(precision: str, images: ImageArray) -> None:
    penalty = {"gamma": 0.1, "before_augmentation": True}
    settings = {**SETTINGS, "loss": "relativistic", "r1": penalty, "r2": penalty, "beta1": 0, "diffaugment": True}
    state = tiny_state(images, **settings, precision=precision, ema=True, new_reals_for_g=True)
    before = weights(state.G, state.D)
    after = weights(steps(state, 3).G, state.D)
    assert all(torch.isfinite(w).all() for w in after)
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(conv.weight.any() for conv in (m.contract for m in state.D.modules() if isinstance(m, ResidualBlock)))
    with torch.no_grad():
        x = torch.randn(2, 1, 16, 16)
        rows = x.contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(state.D.eval()(rows), state.D(x), atol=1e-5, rtol=1e-4)


def test_spectral_norm_needs_matrices_that_are_not_zero() -> None:
    with pytest.raises(UserError, match=r"spectral_norm: does not go with .*r3gan"):
        resolve({"architecture": "r3gan", "spectral_norm": True})
    assert resolve({"architecture": "r3gan", "spectral_norm": True, "initialisation_d": "orthogonal"})
