"""Rates and decays that move: what the optimizers really have, Adam by hand, resumed runs, CUDA graphs, ticks."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.config import broken_rules, resolve
from gan_core.contract.tape import TapeRecorder
from gan_core.datasets.batches import ImageArray
from gan_core.events import Ticked
from gan_core.train import train
from gan_core.training import checkpoint
from gan_core.training.captured import Captured, obstacles
from gan_core.training.step import train_step
from tests.gan_core.trainer import TINY, same, steps, tiny_state, weights

MOVING = {"lr_g": "1e-3:1e-4", "beta1": "0:0.5", "beta2": "0.9:0.99:0.5:cosine", "batch_size": 250}  # four steps


def test_the_optimizers_have_the_numbers_of_the_closed_form(images: ImageArray) -> None:
    state = tiny_state(images, **MOVING, lr_d=4e-4)
    for step in range(5):
        steps(state, 1)
        (of_g,), (of_d,) = state.opt_g.param_groups, state.opt_d.param_groups
        assert of_g["lr"] == pytest.approx(1e-3 - 9e-4 * step / 4)
        assert of_d["lr"] == 4e-4
        beta2 = 0.99 - 0.09 * (1 + math.cos(math.pi * min(step / 2, 1))) / 2
        assert of_g["betas"] == of_d["betas"] == pytest.approx((step / 8, beta2))


def test_adam_with_moving_decays_is_kingma_and_bas_by_hand() -> None:
    """torch corrects the bias by the present decay to the power of the steps, whatever the decays before were."""
    torch.manual_seed(0)
    gradients, betas = torch.randn(5, 3, dtype=torch.float64), [(0.1 * i, 0.9 + 0.01 * i) for i in range(5)]
    weight = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([weight], lr=0.1, betas=betas[0], fused=True)
    m, v, expected = torch.zeros(3), torch.zeros(3), torch.zeros(3, dtype=torch.float64)
    for t, (gradient, (beta1, beta2)) in enumerate(zip(gradients, betas, strict=True), start=1):
        optimizer.param_groups[0]["betas"] = (beta1, beta2)
        weight.grad = gradient.clone()
        optimizer.step()
        m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient.square()
        expected = expected - 0.1 * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)).sqrt() + 1e-8)
    torch.testing.assert_close(weight.detach(), expected)


@pytest.mark.parametrize(
    "settings",
    [
        MOVING,
        {"r1": {"gamma": "1:0.1"}, "norm_d": "none"},
        {"ema": {"half_life_kimg": "0:0.5:cosine"}},
        {"dropout": "0.5:0", "instance_noise": "0.5:0.1:0.02"},
    ],
    ids=str,
)
def test_a_resumed_run_has_the_same_numbers(settings: dict[str, Any], images: ImageArray, tmp_path: Path) -> None:
    whole = steps(tiny_state(images, **settings), 4)
    first = steps(tiny_state(images, **settings), 2)
    checkpoint.save(tmp_path / "checkpoint.pt", first, {})
    second = tiny_state(images, **settings)
    checkpoint.load(tmp_path / "checkpoint.pt", second)
    steps(second, 2)
    assert same(weights(whole.G, whole.D, whole.shown_g), weights(second.G, second.D, second.shown_g))


def test_moving_numbers_change_the_run_and_the_first_step_is_that_of_the_beginning(images: ImageArray) -> None:
    moving, plain = tiny_state(images, **MOVING), tiny_state(images, lr_g=1e-3, beta1=0, beta2=0.9, batch_size=250)
    assert same(weights(steps(moving, 1).G), weights(steps(plain, 1).G))
    assert not same(weights(steps(moving, 1).G), weights(steps(plain, 1).G))


def test_rates_can_be_captured_and_decays_and_options_say_why_not(images: ImageArray) -> None:
    rates = {"lr_g": "1e-3:1e-4", "lr_d": "4e-4:1e-4:cosine"}
    eager, replayed = steps(tiny_state(images, **rates), 4), tiny_state(images, **rates)
    learn = Captured(replayed, TapeRecorder())
    for _ in range(4):
        train_step(replayed, learn)
    assert same(weights(eager.G, eager.D), weights(replayed.G, replayed.D))
    reasons = {
        "beta2": "adam takes its decays as numbers, and beta2 is a ramp",
        "r1": "r1.gamma is a ramp, which each update reads anew",
        "gradient_clipping": "gradient_clipping.max_norm is a ramp, which each update reads anew",
    }
    for name, reason in reasons.items():
        assert reason in obstacles(tiny_state(images, **{name: "0.5:0.9"}))
    fixed = obstacles(tiny_state(images, optimizer_d="rmsprop", lr_d="1e-3:1e-4"))
    assert "rmsprop takes its rate as a number, and lr_d is a ramp" in fixed


def test_ticks_tell_the_moving_numbers_of_the_step_before(tmp_path: Path, home: Path) -> None:
    small = {"data": "shapes", "progress_evaluations": 1, "progress_samples": 20, "full_samples": 20}
    moving = {"beta2": "0.9:0.99", "r1": {"gamma": "1:0:cosine"}, "lr_d": "1e-3:0", "norm_d": "none"}
    events = list(train(resolve({**TINY, **small, "budget_kimg": 0.08, **moving}), tmp_path, home))
    means = [event.means for event in events if isinstance(event, Ticked)]
    assert [tick["beta2"] for tick in means] == pytest.approx([0.9 + 0.009 * i for i in range(10)])
    assert [tick["lr_d"] for tick in means] == pytest.approx([1e-3 * (1 - i / 10) for i in range(10)])
    gammas = [(1 + math.cos(math.pi * i / 10)) / 2 for i in range(10)]
    assert [tick["r1.gamma"] for tick in means] == pytest.approx(gammas)


def test_a_ramp_that_is_longer_than_the_budget_is_warned_of() -> None:
    config = resolve({"r1": {"gamma": "1:0.1:50"}, "lr_g": "1e-3:1e-4:50", "norm_d": "none", "budget_kimg": 30})
    found = {".".join(map(str, problem.where)): problem.message for problem in broken_rules(config, "warning")}
    assert found.keys() == {"lr_g.over", "r1.gamma.over"}
    assert all("from a budget of 50 kimg on" in message and "set over: 30" in message for message in found.values())
    assert not broken_rules(resolve({"r1": {"gamma": "1:0.1"}, "norm_d": "none", "budget_kimg": 30}), "warning")
