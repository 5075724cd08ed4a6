"""Dropout: how much is dropped, and where."""

import pytest
import torch

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.tricks.dropout import Dropout
from tests.gan_core.trainer import steps, tiny_state


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_the_fraction_is_dropped_and_the_rest_scaled(p: float) -> None:
    dropout = Dropout(lambda: p, torch.Generator().manual_seed(0))
    y = dropout(torch.ones(100, 10, 10, 10))
    assert float((y == 0).float().mean()) == pytest.approx(p, abs=0.005)
    assert y.unique().tolist() == [0.0, pytest.approx(1 / (1 - p))]
    assert float(y.mean()) == pytest.approx(1, abs=0.01)


def test_it_sits_behind_every_hidden_block_of_d_and_never_on_its_last_layer(images: ImageArray) -> None:
    state = tiny_state(images, dropout=0.3)
    for block in state.D.blocks:
        assert isinstance(list(block.children())[-1], Dropout)
    assert not any(isinstance(m, Dropout) for m in [*state.D.head.modules(), *state.G.modules()])


def test_elements_are_dropped_not_channels(images: ImageArray) -> None:
    dropout = Dropout(lambda: 0.5, torch.Generator().manual_seed(0))
    kept_per_channel = (dropout(torch.ones(10, 20, 8, 8)) > 0).float().mean(dim=(2, 3))
    assert float(kept_per_channel.min()) > 0
    assert float(kept_per_channel.max()) < 1


def test_real_and_fake_batches_get_masks_of_their_own(images: ImageArray) -> None:
    state = tiny_state(images, dropout=0.5, norm_d="none")
    x = torch.ones(4, 1, 16, 16)
    assert not torch.equal(state.D(x), state.D(x))
    state.D.eval()
    assert torch.equal(state.D(x), state.D(x))


def test_the_dose_is_the_fraction(images: ImageArray) -> None:
    state = steps(tiny_state(images, dropout=0.3, batch_size=64), 1)
    assert state.doses["dropout"][0]()["fraction_dropped"] == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(("on", "dropped"), [("D", "D"), ("G", "G"), ("both", "DG")])
def test_the_network_is_an_option(images: ImageArray, on: str, dropped: str) -> None:
    state = tiny_state(images, dropout={"on": on})
    for player, net in (("D", state.D), ("G", state.G)):
        modules = [m for m in net.modules() if isinstance(m, Dropout)]
        assert len(modules) == (len(net.blocks) if player in dropped else 0)
        assert not any(isinstance(m, Dropout) for m in net.head.modules())


def test_images_for_a_score_are_drawn_without_it(images: ImageArray) -> None:
    state = tiny_state(images, dropout={"p": 0.5, "on": "G"}, norm_g="none")
    z = torch.randn(4, 8)
    assert not torch.equal(state.G(z), state.G(z))
    state.G.eval()
    assert torch.equal(state.G(z), state.G(z))


def test_selu_is_warned_about_where_the_dropout_is() -> None:
    for on, activation, warnings in (("D", "activation_g", 0), ("G", "activation_g", 1), ("both", "activation_d", 1)):
        config = resolve({"dropout": {"on": on}, activation: "selu", "norm_g": "none", "norm_d": "none"})
        assert len(broken_rules(config, "warning")) == warnings
