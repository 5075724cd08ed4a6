"""Convolutions that halve and double, against torch's own: values, gradients, gradients of gradients."""

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn.functional import conv2d, conv_transpose2d

from gan_core.nets.dense import FromVector, ToVector
from gan_core.nets.halving import FEW, Doubling, Halving, doubled
from gan_core.tricks.input_gradient import squared_slopes

Layer = Halving | Doubling | FromVector | ToVector
LAYERS: dict[str, tuple[Callable[[int, int, bool], Layer], tuple[int, int]]] = {
    "halving": (lambda a, b, bias: Halving(a, b, 4, 2, 1, bias=bias), (8, 6)),
    "doubling": (lambda a, b, bias: Doubling(a, b, 4, 2, 1, bias=bias), (3, 5)),
    "from vector": (lambda a, b, bias: FromVector(a, b, (4, 5), 1, 0, bias=bias), (1, 1)),
    "to vector": (lambda a, b, bias: ToVector(a, b, (4, 5), 1, 0, bias=bias), (4, 5)),
}
each_layer = pytest.mark.parametrize("name", LAYERS)


def made(name: str, bias: bool = True, few: int = 3, many: int = 5) -> tuple[Layer, Tensor]:
    torch.manual_seed(0)
    make, sides = LAYERS[name]
    c_in, c_out = (many, few) if name == "doubling" else (few, many)
    layer = make(c_in, c_out, bias).double().to(memory_format=torch.channels_last)
    return layer, torch.randn(2, c_in, *sides, dtype=torch.float64, requires_grad=True)


def torchs_own(layer: Layer, x: Tensor) -> Tensor:
    function = conv_transpose2d if isinstance(layer, nn.ConvTranspose2d) else conv2d
    return function(x, layer.weight, layer.bias, layer.stride, layer.padding)  # type: ignore[operator, no-any-return]


@each_layer
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_torchs(name: str, bias: bool) -> None:
    layer, x = made(name, bias)
    ours, theirs = layer(x), torchs_own(layer, x)
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours, theirs)
    toward = torch.randn_like(theirs)
    inputs = [x, *layer.parameters()]
    for a, b in zip(
        torch.autograd.grad(ours, inputs, toward), torch.autograd.grad(theirs, inputs, toward), strict=True
    ):
        torch.testing.assert_close(a, b)


@each_layer
def test_they_can_be_differentiated_twice(name: str) -> None:
    layer, x = made(name)
    inputs = (x, *(p.detach().clone().requires_grad_(True) for p in layer.parameters()))

    def output(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.func.functional_call(layer, {"weight": weight, "bias": bias}, (x,))

    assert gradcheck(output, inputs)
    assert gradgradcheck(output, inputs)


def test_a_penalty_on_the_slope_has_torchs_gradient() -> None:
    layers, x = [made("halving")[0], made("halving", few=5, many=4)[0]], made("halving")[1]
    plain = [nn.Conv2d(layer.in_channels, layer.out_channels, 4, 2, 1).double() for layer in layers]
    for one, other in zip(plain, layers, strict=True):
        one.load_state_dict(other.state_dict())
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    gradients = []
    for first, second in (layers, plain):
        D = nn.Sequential(first, nn.LeakyReLU(0.2), second, nn.Tanh(), nn.Flatten(), _Sum())
        squared_slopes(D, x).mean().backward()
        gradients.append([first.weight.grad, second.weight.grad])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b)


class _Sum(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum(1)


@each_layer
def test_in_bf16_they_give_what_torch_gives(name: str) -> None:
    layer, x = made(name)
    layer, x = layer.float(), x.detach().float().requires_grad_(True)
    inputs = [x, *layer.parameters()]
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = layer(x), torchs_own(layer, x)
    assert ours.dtype == theirs.dtype == torch.bfloat16
    torch.testing.assert_close(ours, theirs, rtol=2**-6, atol=2**-6)
    toward = torch.randn_like(theirs)
    found, expected = (torch.autograd.grad(y, inputs, toward) for y in (ours, theirs))
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == torch.float32
        torch.testing.assert_close(a, b, rtol=2**-4, atol=2**-4)


@pytest.mark.parametrize(
    ("c_in", "c_out", "height", "width"), list(itertools.product((1, 7), (1, FEW), (1, 4), (3, 8)))
)
def test_doubling_of_every_shape(c_in: int, c_out: int, height: int, width: int) -> None:
    x, weight = torch.randn(3, c_in, height, width).double(), torch.randn(c_in, c_out, 4, 4).double()
    torch.testing.assert_close(doubled(x, weight), conv_transpose2d(x, weight, stride=2, padding=1))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Halving(3, 4, 3, 1, 1), (2, 3, 8, 8)),
        (Halving(3, 4, 4, 2, 1), (2, 3, 7, 9)),
        (Halving(3, 4, 4, 2, 1, padding_mode="reflect"), (2, 3, 8, 8)),
        (Halving(FEW + 1, 4, 4, 2, 1), (2, FEW + 1, 8, 8)),
        (Doubling(4, 3, 5, 2, 1), (2, 4, 4, 4)),
        (Doubling(4, 3, 4, 2, 1, output_padding=1), (2, 4, 4, 4)),
        (FromVector(4, 3, 4, 1, 0), (2, 4, 2, 2)),
        (FromVector(4, 3, 4, 2, 0), (2, 4, 1, 1)),
        (ToVector(3, 4, 4, 1, 0), (2, 3, 8, 8)),
        (ToVector(3, 4, 4, 1, 1), (2, 3, 4, 4)),
    ],
    ids=str,
)
def test_any_other_geometry_is_torchs_own(layer: Layer, shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    own = nn.ConvTranspose2d if isinstance(layer, nn.ConvTranspose2d) else nn.Conv2d
    assert torch.equal(layer(x), own.forward(layer, x))  # type: ignore[arg-type]


@each_layer
def test_their_weights_are_named_and_drawn_as_torchs(name: str) -> None:
    """So that initialisations, spectral normalisation and old checkpoints know them."""
    layer, _ = made(name)
    own = nn.ConvTranspose2d if isinstance(layer, nn.ConvTranspose2d) else nn.Conv2d
    torch.manual_seed(0)
    plain = own(layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding).double()  # type: ignore[arg-type]
    assert list(plain.state_dict()) == list(layer.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), layer.parameters(), strict=True))
