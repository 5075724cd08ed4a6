"""R3GAN's recipe against its authors' code, and the ladder that leads to it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ablations.study.study import Study, load_study
from gan_core.config import resolve
from gan_core.schema.ramp import Ramp, ramps_in
from gan_core.training.build import build
from tests.gan_core.trainer import steps, weights

STUDIES = Path(__file__).parents[2] / "studies"
LADDER = load_study(STUDIES / "r3gan_ladder.yaml")
RECIPE = load_study(STUDIES / "r3gan.yaml")
PRESET = {  # the code's preset FFHQ-64: base_value, final_value, all over 20 million images
    "lr": (2e-4, 5e-5),
    "gamma": (2.0, 0.2),
    "beta2": (0.9, 0.99),
    "ema_kimg": (0.0, 500.0),
    "decay_kimg": 20_000.0,
}


def ramps(study: Study, arm: str) -> dict[str, Ramp]:
    (config,) = (each.config for each in study.arms if each.name == arm)
    return {".".join(path): ramp for path, ramp in ramps_in(config)}


@pytest.mark.parametrize(("study", "arm"), [(RECIPE, "schedules"), (LADDER, "9+ema")], ids=["recipe", "ladder"])
def test_the_courses_are_those_of_the_preset_in_proportion(study: Study, arm: str) -> None:
    moving, budget = ramps(study, arm), study.arms[0].config.budget_kimg
    assert all(ramp.shape == "cosine" and ramp.over is None for ramp in moving.values())
    for name, of in (("lr_g", "lr"), ("lr_d", "lr"), ("r1.gamma", "gamma"), ("r2.gamma", "gamma")):
        first, last = PRESET[of]  # type: ignore[misc]
        assert moving[name].end / moving[name].start == pytest.approx(last / first)
    assert (moving["beta2"].start, moving["beta2"].end) == PRESET["beta2"]
    half_life = moving["ema.half_life_kimg"]
    assert half_life.start == 0
    assert half_life.end / budget == pytest.approx(PRESET["ema_kimg"][1] / PRESET["decay_kimg"])  # type: ignore[index, operator]


def test_the_recipes_arms_differ_by_what_moves_alone() -> None:
    still, moving = (arm.config for arm in RECIPE.arms)
    assert not list(ramps_in(still))
    changed = {name for name, value in moving if value != getattr(still, name)}
    assert changed == {"lr_g", "lr_d", "beta2", "r1", "r2", "ema"}
    for config in (still, moving):
        assert (config.loss, config.architecture, config.new_reals_for_g, config.beta1) == (
            "relativistic",
            "r3gan",
            True,
            0,
        )
        assert all(config.trick(name).before_augmentation and config.trick(name).every == 1 for name in ("r1", "r2"))


def test_the_ladder_ends_at_r3gan_and_each_rung_trains() -> None:
    images = np.random.default_rng(0).integers(0, 256, (64, 1, 16, 16), dtype=np.uint8)
    assert [arm.name.partition("+")[2] for arm in LADDER.arms[1:]] == [
        *("stripped", "relativistic", "r1", "r2", "no_momentum", "resnet", "modern_network", "schedules", "ema")
    ]
    assert [arm.config.architecture for arm in LADDER.arms] == ["dcgan"] * 6 + ["sngan_resnet"] + ["r3gan"] * 3
    for arm in LADDER.arms:
        config = resolve({**arm.config.plain(), "batch_size": 2})
        state = build(config, images, torch.device("cpu"))
        assert all(torch.isfinite(weight).all() for weight in weights(steps(state, 1).G, state.D, state.shown_g))


def test_nothing_is_warned_of() -> None:
    assert not RECIPE.warnings
    assert not LADDER.warnings
