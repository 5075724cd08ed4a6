"""Optimizers: their first updates by hand, and that each player has its own."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.game.optimizers import OPTIMIZERS, optimizer_of
from gan_core.problems import UserError
from tests.gan_core.trainer import steps, tiny_state, weights

LR, START, FIRST, SECOND = 0.1, 2.0, 3.0, -1.0  # rate, value, gradients of two updates


def two_updates(**settings: Any) -> list[float]:
    """A single number under D's optimizer."""
    value = nn.Parameter(torch.tensor([START], dtype=torch.float64))
    optimizer = optimizer_of(resolve({"lr_d": LR, **settings}), "D", [value])
    values = []
    for gradient in (FIRST, SECOND):
        value.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        values.append(float(value.detach()))
    return values


def adam(weight_decay: float = 0.0) -> list[float]:
    """Algorithm 1 of Kingma and Ba with beta1 = 0.5; the decay as Algorithm 2 of Loshchilov and Hutter has it."""
    m = v = 0.0
    value, values = START, []
    for t, gradient in enumerate((FIRST, SECOND), start=1):
        m, v = 0.5 * m + 0.5 * gradient, 0.999 * v + 0.001 * gradient**2
        update = (m / (1 - 0.5**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        value = value - LR * weight_decay * value - LR * update
        values.append(value)
    return values


def test_adam() -> None:
    assert two_updates(optimizer_d="adam") == pytest.approx(adam())


def test_adamw_decays_outside_the_moments() -> None:
    assert two_updates(optimizer_d="adamw") == pytest.approx(adam(0.01))
    assert two_updates(optimizer_d="adamw", weight_decay_d=0.3) == pytest.approx(adam(0.3))
    assert two_updates(optimizer_d="adam", weight_decay_d=0.3) != pytest.approx(adam(0.3))  # inside them


def test_adam_without_the_first_moment_follows_each_gradients_sign() -> None:
    first, second = two_updates(optimizer_d="adam", beta1=0.0, beta2=0.0)
    assert (first, second) == (pytest.approx(START - LR), pytest.approx(START))


def test_sgd() -> None:
    assert two_updates(optimizer_d="sgd") == pytest.approx([2 - 0.3, 2 - 0.3 + 0.1])
    v = 0.9 * 3 - 1
    assert two_updates(optimizer_d="sgd", momentum=0.9) == pytest.approx([2 - 0.3, 2 - 0.3 - 0.1 * v])
    assert two_updates(optimizer_d="sgd", weight_decay_d=0.5)[0] == pytest.approx(2 - 0.1 * (3 + 0.5 * 2))


def test_rmsprop() -> None:
    for decay in (0.99, 0.9):
        first = 2 - 0.1 * 3 / (math.sqrt((1 - decay) * 9) + 1e-8)
        second = first + 0.1 / (math.sqrt(decay * (1 - decay) * 9 + (1 - decay)) + 1e-8)
        assert two_updates(optimizer_d="rmsprop", rmsprop_decay=decay) == pytest.approx([first, second])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_trains_either_player(name: str, images: ImageArray) -> None:
    for player in "gd":
        state = tiny_state(images, **{f"optimizer_{player}": name})
        other = state.opt_d if player == "g" else state.opt_g
        own = state.opt_g if player == "g" else state.opt_d
        assert type(own).__name__.lower() == name
        assert type(other) is torch.optim.Adam
        before = weights(state.G, state.D)
        after = weights(steps(state, 2).G, state.D)
        assert all(torch.isfinite(w).all() for w in after)
        assert not any(torch.equal(a, b) for a, b in zip(before, after, strict=True) if a.ndim == 4)
    assert OPTIMIZERS[name].paper


def test_weight_decay_comes_with_adamw_for_the_player_that_has_it() -> None:
    config = resolve({"optimizer_d": "adamw"})
    assert (config.weight_decay_g, config.weight_decay_d) == (0.0, 0.01)
    assert resolve(config.plain()) == config


SGD = {"optimizer_g": "sgd", "optimizer_d": "sgd"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"momentum": 0.9}, ["momentum", "sgd, rmsprop"]),
        ({**SGD, "beta1": 0.9}, ["beta1: has no effect under sgd", "adam, adamw"]),
        ({**SGD, "beta2": 0.9}, ["beta2: has no effect under sgd", "adam, adamw"]),
        ({**SGD, "optimizer_g": "rmsprop", "beta1": 0.0}, ["beta1: has no effect under rmsprop and sgd"]),
        ({**SGD, "rmsprop_decay": 0.9}, ["rmsprop_decay", "use it: rmsprop"]),
        ({"rmsprop_decay": 0.9}, ["rmsprop_decay: has no effect under adam"]),
        ({"optimizer_g": "adamw", "weight_decay_g": 0.0}, ["weight_decay_g", "is adam"]),
        ({"optimizer": "adam"}, ["no setting is called 'optimizer'", "optimizer_"]),
        ({"optimizer_d": "admaw"}, ["optimizer_d", "did you mean 'adamw'?"]),
    ],
    ids=str,
)
def test_what_would_not_act_is_refused(settings: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        resolve(settings)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    "settings",
    [{"optimizer_g": "rmsprop", "beta1": 0.0}, {**SGD, "optimizer_d": "adam", "beta2": 0.9}, {**SGD, "beta1": 0.5}],
    ids=str,
)
def test_a_number_that_one_player_uses_or_that_is_the_default_is_accepted(settings: dict[str, Any]) -> None:
    config = resolve(settings)
    assert resolve(config.plain()) == config


def test_a_recorded_configuration_is_read_although_a_number_had_no_effect() -> None:
    """Results of runs that were accepted once stay readable; only the settings that are named now must act."""
    recorded = {**resolve(SGD).plain(), "beta1": 0.0}
    assert resolve(recorded, named=()).beta1 == 0.0
    with pytest.raises(UserError, match="beta1: has no effect"):
        resolve(recorded, named={"beta1"})
