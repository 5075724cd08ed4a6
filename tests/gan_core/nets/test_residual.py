"""Residual blocks against the same arithmetic without modules."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  the field's name
from torch import Tensor, nn

from gan_core.config import resolve
from gan_core.nets.residual import ResidualBlock
from gan_core.nets.style import Style


def block(player: str, c_in: int, c_out: int, resample: str, norm_g: str = "batch", **kwargs: bool) -> ResidualBlock:
    torch.manual_seed(0)
    config = resolve({"architecture": "sngan_resnet", "norm_g": norm_g})
    return ResidualBlock(Style.of(config, player), c_in, c_out, resample, **kwargs)


def conv(x: Tensor, layer: nn.Module | None) -> Tensor:
    assert isinstance(layer, nn.Conv2d)
    return F.conv2d(x, layer.weight, layer.bias, padding=(layer.kernel_size[0] - 1) // 2)


def whitened(x: Tensor) -> Tensor:
    """Batch norm with weight 1 and bias 0."""
    mean, var = x.mean(dim=(0, 2, 3), keepdim=True), x.var(dim=(0, 2, 3), keepdim=True, correction=0)
    return (x - mean) / (var + 1e-5).sqrt()


def twice(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def half(x: Tensor) -> Tensor:
    return (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4


def test_up() -> None:
    b, x = block("G", 4, 6, "up"), torch.randn(3, 4, 5, 7)
    h = conv(twice(whitened(x).relu()), b.conv1)
    expected = conv(whitened(h).relu(), b.conv2) + conv(twice(x), b.shortcut)
    torch.testing.assert_close(b(x), expected, rtol=1e-4, atol=1e-5)


def unit(x: Tensor) -> Tensor:
    return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


@pytest.mark.parametrize(
    ("norm", "prepared"),
    [("pixel", lambda x: unit(x).relu()), ("pixel_after_activation", lambda x: unit(x.relu()))],
)
def test_pixel_norm_before_or_after_the_activation(norm: str, prepared: Callable[[Tensor], Tensor]) -> None:
    b, x = block("G", 4, 6, "up", norm_g=norm), torch.randn(3, 4, 5, 7)
    expected = conv(prepared(conv(twice(prepared(x)), b.conv1)), b.conv2) + conv(twice(x), b.shortcut)
    torch.testing.assert_close(b(x), expected, rtol=1e-4, atol=1e-5)


def test_down() -> None:
    b, x = block("D", 4, 6, "down"), torch.randn(3, 4, 6, 8)
    expected = half(conv(conv(x.relu(), b.conv1).relu(), b.conv2)) + half(conv(x, b.shortcut))
    torch.testing.assert_close(b(x), expected, rtol=1e-4, atol=1e-5)


def test_on_images() -> None:
    b, x = block("D", 3, 6, "down", on_images=True), torch.randn(3, 3, 6, 8)
    expected = half(conv(conv(x, b.conv1).relu(), b.conv2)) + conv(half(x), b.shortcut)
    torch.testing.assert_close(b(x), expected, rtol=1e-4, atol=1e-5)


def test_same_size_and_channels_has_a_bare_shortcut() -> None:
    b, x = block("D", 4, 4, "none"), torch.randn(3, 4, 6, 8)
    assert b.shortcut is None
    torch.testing.assert_close(b(x), conv(conv(x.relu(), b.conv1).relu(), b.conv2) + x, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("player", "resample"), [("G", "up"), ("D", "down"), ("D", "none")])
def test_what_comes_in_stays_as_it_is(player: str, resample: str) -> None:
    x = torch.randn(2, 4, 6, 6)
    kept = x.clone()
    block(player, 4, 4, resample)(x)
    assert torch.equal(x, kept)
