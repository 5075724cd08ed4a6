"""A run that is stopped and killed at random steps: the events, weights and scores of an undisturbed one, to the bit.

A stop saves a checkpoint; a kill saves nothing, so that the run goes on from the last one that its timetable wrote.
"""

import random
import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.config import resolve
from gan_core.events import Finished
from gan_core.game.latents import LATENTS
from gan_core.game.losses import LOSSES
from gan_core.game.lr_schedules import SCHEDULES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, INITIALISATIONS, NORMALISATIONS
from gan_core.train import train
from gan_core.tricks import TRICKS
from tests.ablations.tiny import story_of
from tests.gan_core.tricks.triggers import triggered

TINY = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.2,  # 25 steps
    "progress_evaluations": 2,
    "progress_samples": 20,
    "full_samples": 20,
}
CHOICES: list[dict[str, Any]] = [
    *(triggered(trick.name) for trick in TRICKS.values()),
    *({"loss": name} for name in LOSSES),
    *({"optimizer_g": name, "optimizer_d": name} for name in OPTIMIZERS),
    {"optimizer_g": "sgd", "optimizer_d": "rmsprop", "momentum": 0.9},
    *({"lr_decay": name} for name in SCHEDULES),
    *({"architecture": name, "image_size": net.defaults.get("image_size", 16)} for name, net in ARCHITECTURES.items()),
    *({"latent": name} for name in LATENTS),
    *({"norm_g": name, "norm_d": name} for name in NORMALISATIONS),
    *({"activation_g": name, "activation_d": name} for name in ACTIVATIONS),
    *({"initialisation_g": name, "initialisation_d": name} for name in INITIALISATIONS),
    {"d_steps": 3, "g_steps": 2, "ema": True},
]
MANY = {"ema": True, "replay": True, "optimizer_d": "rmsprop", "lr_decay": "cosine", "d_steps": 2}


class Killed(BaseException):
    """The process is gone: nothing is saved on the way out."""


def until_it_ends(settings: dict[str, Any], out: Path, home: Path, chance: random.Random) -> list[str]:
    """Train to the end in stretches of random length; returns how each of them ended."""
    ways: list[str] = []
    while not ways or ways[-1] != "end":
        left, way = chance.randint(1, 8), chance.choice(["stop", "kill"])

        def stop(way: str = way) -> bool:
            nonlocal left
            left -= 1
            if left > 0:
                return False
            if way == "kill":
                raise Killed
            return True

        events = journal.recorded(train(resolve(settings), out, home, stop=stop), out)
        try:
            last = list(events)[-1:]
            ways.append("end" if last and isinstance(last[0], Finished) else way)
        except Killed:
            ways.append(way)
        assert len(ways) < 200
    return ways


def assert_undisturbed(settings: dict[str, Any], tmp_path: Path, home: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    list(journal.recorded(train(resolve(settings), whole, home), whole))
    chance = random.Random(zlib.crc32(repr(settings).encode()))
    ways = until_it_ends(settings, parts, home, chance)
    while not {"stop", "kill"} <= set(ways):  # it came through too easily
        shutil.rmtree(parts)
        ways = until_it_ends(settings, parts, home, chance)
    assert story_of(parts) == story_of(whole), ways
    for name in ("best.safetensors", "last.safetensors"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes(), (name, ways)
    assert not (parts / "warnings.txt").exists(), ways


def test_a_run_with_many_choices(tmp_path: Path, home: Path) -> None:
    assert_undisturbed({**TINY, **MANY, "budget_kimg": 0.15, "extractor": "none"}, tmp_path, home)


@pytest.mark.slow
@pytest.mark.parametrize("settings", CHOICES, ids=lambda s: ",".join(f"{k}={v}" for k, v in s.items()))
def test_every_choice(settings: dict[str, Any], tmp_path: Path, home: Path) -> None:
    assert_undisturbed({**TINY, **settings}, tmp_path, home)
