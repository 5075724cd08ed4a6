"""The tricks that are levels of a choice: SELU, two learning rates, batch size."""

import math

import pytest
import torch
from scipy import integrate, stats
from torch import nn

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.nets import ACTIVATIONS
from gan_core.nets.initialisations import fan_in, lecun
from tests.gan_core.trainer import same, steps, tiny_state, weights


def test_selu_keeps_mean_zero_and_variance_one() -> None:
    """Its fixed point, by numerical integration over a standard normal (Klambauer et al. 2017, theorem 1)."""
    selu = ACTIVATIONS["selu"].build()

    def value(x: float) -> float:
        return float(selu(torch.tensor([x], dtype=torch.float64)))

    mean, _ = integrate.quad(lambda x: value(x) * stats.norm.pdf(x), -12, 12, points=[0], limit=200)
    square, _ = integrate.quad(lambda x: value(x) ** 2 * stats.norm.pdf(x), -12, 12, points=[0], limit=200)
    assert mean == pytest.approx(0, abs=1e-6)
    assert square == pytest.approx(1, abs=1e-6)


def test_a_deep_selu_network_with_its_initialisation_keeps_the_moments() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(*(layer for _ in range(20) for layer in (nn.Linear(400, 400), nn.SELU())))
    lecun(net)
    y = net(torch.randn(2000, 400)).detach()
    assert float(y.mean()) == pytest.approx(0, abs=0.05)
    assert float(y.var()) == pytest.approx(1, abs=0.1)


def test_selu_brings_its_initialisation_for_the_network_that_has_it(images: ImageArray) -> None:
    config = resolve({"activation_d": "selu"})
    assert (config.initialisation_d, config.initialisation_g) == ("lecun", "dcgan")
    assert resolve({"activation_d": "selu", "initialisation_d": "dcgan"}).initialisation_d == "dcgan"
    state = tiny_state(images, activation_d="selu", activation_g="selu", width=32, norm_d="none")
    for net in (state.D, state.G):
        for module in net.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.weight.numel() > 4000:
                assert float(module.weight.detach().std()) == pytest.approx(1 / math.sqrt(fan_in(module)), rel=0.05)
    assert sum(isinstance(m, nn.SELU) for m in [*state.D.modules(), *state.G.modules()]) == 4


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Conv2d(8, 16, 4, 2, 1), (500, 8, 16, 16)),
        (nn.ConvTranspose2d(8, 16, 4, 2, 1), (500, 8, 16, 16)),
        (nn.ConvTranspose2d(8, 16, 4, 1, 0), (4000, 8, 1, 1)),
        (nn.Linear(8, 4), (4000, 8)),
    ],
    ids=str,
)
def test_lecun_keeps_the_variance_of_one_layer(module: nn.Module, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    lecun(module)
    y = module(torch.randn(shape)).detach()
    if y.ndim == 4 and y.shape[-1] > 4:
        y = y[..., 2:-2, 2:-2]  # away from the borders
    assert float(y.var()) == pytest.approx(1, rel=0.3)


def test_two_learning_rates_reach_their_optimizers(images: ImageArray) -> None:
    state = tiny_state(images, lr_g=1e-4, lr_d=4e-4)
    assert [group["lr"] for group in state.opt_g.param_groups] == [1e-4]
    assert [group["lr"] for group in state.opt_d.param_groups] == [4e-4]
    assert {id(p) for g in state.opt_d.param_groups for p in g["params"]} == {id(p) for p in state.D.parameters()}
    assert {id(p) for g in state.opt_g.param_groups for p in g["params"]} == {id(p) for p in state.G.parameters()}


def test_adams_first_step_is_the_learning_rate(images: ImageArray) -> None:
    """Adam's first update is lr * sign(gradient), so the weights themselves show the rates."""
    state = tiny_state(images, lr_g=1e-4, lr_d=4e-4)
    before = {player: weights_of(net) for player, net in (("G", state.G), ("D", state.D))}
    steps(state, 1)
    for player, net, rate in (("G", state.G, 1e-4), ("D", state.D, 4e-4)):
        moved = (weights_of(net) - before[player]).abs()
        assert float(moved.max()) == pytest.approx(rate, rel=1e-2)


def weights_of(net: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize("batch_size", [8, 32])
def test_batch_size_is_images_a_step(images: ImageArray, batch_size: int) -> None:
    state = tiny_state(images, batch_size=batch_size)
    sizes: list[int] = []
    state.D.register_forward_hook(lambda module, inputs, output: sizes.append(len(inputs[0])))
    steps(state, 2)
    assert sizes == [batch_size] * 6  # real, fake, G's fake
    assert state.clock.images == 2 * batch_size == state.batches.position


def test_another_batch_size_cuts_the_same_stream_of_images(images: ImageArray) -> None:
    small, large = tiny_state(images, batch_size=8), tiny_state(images, batch_size=24)
    assert torch.equal(torch.cat([small.batches.next(8) for _ in range(3)]), large.batches.next(24))


def test_a_level_of_a_choice_leaves_the_other_network_and_the_data_alone(images: ImageArray) -> None:
    plain, selu = tiny_state(images), tiny_state(images, activation_d="selu")
    assert same(weights(plain.G), weights(selu.G))
    assert torch.equal(plain.batches.next(8), selu.batches.next(8))
    assert torch.equal(plain.latents(8), selu.latents(8))
