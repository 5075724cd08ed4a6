"""Normalisations against their definitions in numpy."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.config import resolve
from gan_core.nets import NORMALISATIONS
from gan_core.nets.style import Style

# Over which axes of [N C H W] and [N C] mean and variance are taken
AXES = {"batch": ((0, 2, 3), (0,)), "layer": ((1, 2, 3), (1,)), "instance": ((2, 3), None)}
SHAPES = ((5, 6, 4, 3), (5, 6))


@pytest.mark.parametrize(
    ("name", "shape", "axes"),
    [(n, shape, axes) for n, both in AXES.items() for shape, axes in zip(SHAPES, both, strict=True) if axes],
)
def test_mean_0_and_variance_1(name: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    norm = NORMALISATIONS[name]
    build = norm.maps if len(shape) == 4 else norm.vectors
    assert build is not None
    x = 3 + 2 * torch.randn(shape)
    a = x.numpy()
    expected = (a - a.mean(axes, keepdims=True)) / np.sqrt(a.var(axes, keepdims=True) + 1e-5)
    module = build(6)
    np.testing.assert_allclose(module(x).detach(), expected, rtol=1e-4, atol=1e-5)
    assert [p.shape for p in module.parameters()] == [(6,), (6,)]  # a scale and a shift of each channel
    assert norm.shifts


@pytest.mark.parametrize("shape", SHAPES)
def test_pixel_norm_scales_every_pixel_to_mean_square_1(shape: tuple[int, ...]) -> None:
    norm = NORMALISATIONS["pixel"]
    x = 3 + 2 * torch.randn(shape)
    module = norm.maps(6) if len(shape) == 4 else norm.vectors(6)
    expected = x / (x.square().sum(dim=1, keepdim=True) / 6).sqrt()
    torch.testing.assert_close(module(x), expected)
    assert not list(module.parameters())
    assert not norm.shifts


def test_pixel_norm_of_nothing_is_nothing() -> None:
    x = torch.zeros(2, 3, 4, 4, requires_grad=True)
    y = NORMALISATIONS["pixel"].maps(3)(x)
    y.sum().backward()
    assert torch.isfinite(x.grad).all()
    assert not y.detach().any()


@pytest.mark.parametrize("norm", NORMALISATIONS)
def test_where_it_stands_in_a_block(norm: str) -> None:
    """Before the activation, as the paper of batch norm has it; after it where the name says so."""
    style = Style.of(resolve({"norm_d": norm, "activation_d": "leaky_relu"}), "D")
    block = style.block(partial(nn.Conv2d, 3, 8, 3), 8)
    names = [name for name, _ in block.named_children() if name != "linear"]
    after = norm.endswith("after_activation")
    assert names == (["activation"] if norm == "none" else ["activation", "norm"] if after else ["norm", "activation"])
    if after:
        out = block(torch.randn(4, 3, 9, 9, generator=torch.Generator().manual_seed(0)))
        torch.testing.assert_close(out.square().mean(1), torch.ones(4, 7, 7), atol=1e-4, rtol=0)
