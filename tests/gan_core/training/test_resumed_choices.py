"""Each choice of the step: a resumed run equals the uninterrupted one to the last bit, and stays finite."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core import journal
from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.datasets.scaling import SCALINGS
from gan_core.events import Finished
from gan_core.game.losses import LOSSES
from gan_core.game.lr_schedules import SCHEDULES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.train import train
from gan_core.training import checkpoint
from tests.gan_core.trainer import TINY, same, steps, tiny_state, weights

CHOICES: list[dict[str, Any]] = [
    *({"loss": name} for name in LOSSES),
    *({"optimizer_g": name, "optimizer_d": name} for name in OPTIMIZERS),
    *({"lr_decay": name} for name in SCHEDULES),
    *({"data_scaling": name} for name in SCALINGS),
    {"optimizer_d": "sgd", "optimizer_g": "rmsprop", "momentum": 0.9},
    {"d_steps": 3},
    {"g_steps": 2},
    {"d_steps": 2, "g_steps": 2, "reuse_batch_and_latents": True},
    {"reuse_batch_and_latents": True},
    {"beta1": 0.0},
    {"label_smoothing": {"g": 0.9}},
]


@pytest.mark.parametrize("settings", CHOICES, ids=lambda s: ",".join(f"{k}={v}" for k, v in s.items()))
def test_resumed_equals_uninterrupted(settings: dict[str, Any], images: ImageArray, tmp_path: Path) -> None:
    whole = steps(tiny_state(images, **settings), 4)
    first = steps(tiny_state(images, **settings), 2)
    checkpoint.save(tmp_path / "checkpoint.pt", first, {})
    second = tiny_state(images, **settings)
    checkpoint.load(tmp_path / "checkpoint.pt", second)
    assert second.rates.now() == first.rates.now()
    steps(second, 2)
    assert same(weights(whole.G, whole.D), weights(second.G, second.D))
    assert whole.meter.take() == second.meter.take()
    assert whole.clock == second.clock


@pytest.mark.parametrize(("loss", "optimizer"), list(itertools.product(LOSSES, OPTIMIZERS)))
def test_every_loss_goes_with_every_optimizer(loss: str, optimizer: str, images: ImageArray) -> None:
    state = tiny_state(images, loss=loss, optimizer_g=optimizer, optimizer_d=optimizer, d_steps=2)
    before = weights(state.G, state.D)
    after = weights(steps(state, 2).G, state.D)
    assert all(torch.isfinite(w).all() for w in after)
    assert not same(before, after)


def test_a_whole_run_with_many_choices_can_stop_anywhere(tmp_path: Path, home: Path) -> None:
    settings = {**TINY, "data": "shapes", "progress_evaluations": 1, "progress_samples": 20, "full_samples": 20}
    choices = {"d_steps": 2, "lr_decay": "cosine", "data_scaling": "standardised", "loss": "relativistic"}
    config = resolve({**settings, **choices, "budget_kimg": 0.1, "optimizer_d": "rmsprop"})
    whole = list(train(config, tmp_path / "whole", home))
    assert isinstance(whole[-1], Finished)
    assert (whole[-1].step, whole[-1].images) == (7, 112)  # 16 images a step: the first multiple beyond 100
    for _ in range(100):
        events = journal.recorded(train(config, tmp_path / "parts", home), tmp_path / "parts")
        last = [event for _, event in zip(range(4), events, strict=False)][-1]
        events.close()
        if isinstance(last, Finished):
            break
    clocks = {"time", "wall_s", "images_per_s", "seconds", "generator_wall_s", "evaluation_s"}
    parts = journal.read(tmp_path / "parts")
    assert [e.model_dump(exclude=clocks) for e in parts] == [e.model_dump(exclude=clocks) for e in whole]
