"""Initial weights, measured."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from gan_core.nets import INITIALISATIONS

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(200, 100),
    "convolution": lambda: nn.Conv2d(20, 30, 3),
    "transposed": lambda: nn.ConvTranspose2d(40, 30, (5, 4), 2, 1),
}
each_layer = pytest.mark.parametrize("kind", LAYERS)


def initialised(name: str, kind: str) -> nn.Module:
    torch.manual_seed(0)
    layer = LAYERS[kind]()
    INITIALISATIONS[name](layer)
    return layer


def std(layer: nn.Module) -> float:
    return float(layer.weight.detach().std())


def test_dcgan_draws_from_the_papers_normal() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.ConvTranspose2d(64, 64, 4), nn.BatchNorm2d(4096), nn.Conv2d(64, 64, 4), nn.BatchNorm1d(4096))
    INITIALISATIONS["dcgan"](net)
    for layer in (net[0], net[2]):
        assert float(layer.weight.detach().mean()) == pytest.approx(0, abs=3e-4)
        assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.01)
        assert not layer.bias.detach().any()
    for layer in (net[1], net[3]):
        assert float(layer.weight.detach().mean()) == pytest.approx(1, abs=2e-3)
        assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.05)
        assert not layer.bias.detach().any()


def test_dcgan_without_transposed_leaves_these_as_torch_made_them() -> None:
    assert std(initialised("dcgan_without_transposed", "convolution")) == pytest.approx(0.02, rel=0.05)
    assert std(initialised("dcgan_without_transposed", "linear")) == pytest.approx(0.02, rel=0.05)
    torch.manual_seed(0)
    assert torch.equal(LAYERS["transposed"]().weight, initialised("dcgan_without_transposed", "transposed").weight)
    assert std(initialised("dcgan", "transposed")) == pytest.approx(0.02, rel=0.05)


@each_layer
def test_torch_default_is_what_torch_makes(kind: str) -> None:
    torch.manual_seed(0)
    made, layer = LAYERS[kind](), initialised("torch_default", kind)
    assert torch.equal(made.weight, layer.weight)
    assert torch.equal(made.bias, layer.bias)


@each_layer
def test_orthogonal_rows_or_columns(kind: str) -> None:
    layer = initialised("orthogonal", kind)
    weight = layer.weight.detach().transpose(0, 1) if kind == "transposed" else layer.weight.detach()
    matrix = weight.flatten(1)  # [out, in*h*w], wider than high
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(len(matrix)), rtol=0, atol=1e-5)
    assert not layer.bias.detach().any()


@pytest.mark.parametrize(("kind", "fan_in", "fan_out"), [("linear", 200, 100), ("convolution", 20 * 9, 30 * 9)])
def test_glorots_variance_is_2_over_both_fans(kind: str, fan_in: int, fan_out: int) -> None:
    layer = initialised("glorot", kind)
    variance = 2 / (fan_in + fan_out)
    assert std(layer) == pytest.approx(math.sqrt(variance), rel=0.03)
    assert float(layer.weight.detach().abs().max()) <= math.sqrt(3 * variance)  # uniform
    assert not layer.bias.detach().any()
