"""Gradient clipping against the formula, and whom it clips."""

import pytest
import torch
from torch import Tensor, nn

from gan_core.datasets.batches import ImageArray
from gan_core.tricks import gradient_clipping
from gan_core.tricks.gradient_clipping import Options
from tests.gan_core.trainer import same, steps, tiny_state, weights
from tests.gan_core.tricks.linear_d import context


def with_gradients(*rows: list[float]) -> nn.ParameterList:
    net = nn.ParameterList([torch.zeros(len(row)) for row in rows])
    for p, row in zip(net, rows, strict=True):
        p.grad = torch.tensor(row)
    return net


def test_a_long_gradient_is_shortened_over_all_weights_and_a_short_one_is_not() -> None:
    (clip,) = gradient_clipping.build(Options(max_norm=2.6), context()).grads
    long = with_gradients([3.0, 4.0], [12.0])  # norm 13
    clip(long, "D")
    assert [p.grad.tolist() for p in long] == [[pytest.approx(0.6), pytest.approx(0.8)], [pytest.approx(2.4)]]
    short = with_gradients([1.0], [2.0])
    clip(short, "D")
    assert [p.grad.tolist() for p in short] == [[1.0], [2.0]]


def test_the_dose_is_the_fraction_of_updates_by_player() -> None:
    parts = gradient_clipping.build(Options(max_norm=1.0), context())
    for length in (0.5, 2.0, 3.0, 4.0):
        parts.grads[0](with_gradients([length]), "D")
    parts.grads[0](with_gradients([0.5]), "G")
    assert parts.dose[0]() == {"fraction_clipped_D": 0.75, "fraction_clipped_G": 0.0}


@pytest.mark.parametrize(("on", "players"), [("D", "D"), ("G", "G"), ("both", "DG")])
def test_whose_gradients_are_clipped(images: ImageArray, on: str, players: str) -> None:
    state = tiny_state(images, gradient_clipping={"max_norm": 1e-3, "on": on})
    norms: dict[str, Tensor] = {}

    def look(net: nn.Module, player: str) -> None:
        norms[player] = torch.cat([p.grad.flatten() for p in net.parameters()]).norm()

    object.__setattr__(state.parts, "grads", (*state.parts.grads, look))
    steps(state, 1)
    for player in "DG":
        assert (float(norms[player]) <= 1.001e-3) == (player in players)
    assert state.doses["gradient_clipping"][0]().keys() == {f"fraction_clipped_{player}" for player in players}


def test_a_bound_that_is_never_met_changes_nothing_and_says_so(images: ImageArray) -> None:
    loose, plain = steps(tiny_state(images, gradient_clipping=1e9), 3), steps(tiny_state(images), 3)
    assert same(weights(loose.G, loose.D), weights(plain.G, plain.D))
    assert set(loose.doses["gradient_clipping"][0]().values()) == {0.0}


def test_a_gradient_that_is_no_number_stays_one() -> None:
    (clip,) = gradient_clipping.build(Options(), context()).grads
    net = with_gradients([float("nan"), 1.0])
    clip(net, "D")
    assert torch.isnan(net[0].grad).any()
