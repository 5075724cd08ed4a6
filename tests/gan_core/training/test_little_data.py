"""Runs on a part of the data: which images D sees, what else stays as it was, and what the scores compare with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_core import journal
from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.datasets.subset import rows_of
from gan_core.events import Evaluated
from gan_core.scoring.evaluate import evaluate
from gan_core.scoring.floors import floors_of
from gan_core.scoring.request import Place, ScoreRequest
from gan_core.train import train
from tests.gan_core.trainer import same, steps, tiny_state, weights

SETTINGS = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.08,
    "progress_evaluations": 1,
    "progress_samples": 30,
    "full_samples": 60,
    "metrics": ("fid", "coverage", "authenticity"),
}


def test_all_images_train_the_same_bits_as_no_limit(images: ImageArray) -> None:
    plain = steps(tiny_state(images), 5)
    limited = steps(tiny_state(images, max_images=len(images)), 5)
    assert same(weights(plain.G, plain.D), weights(limited.G, limited.D))


@pytest.mark.parametrize("settings", [{"max_images": 40}, {"mirror": True}])
def test_nothing_but_the_images_changes(images: ImageArray, settings: dict[str, Any]) -> None:
    plain, other = tiny_state(images), tiny_state(images, **settings)
    assert same(weights(plain.G, plain.D), weights(other.G, other.D))
    assert torch.equal(plain.latents(9), other.latents(9))
    steps(plain, 1), steps(other, 1)
    assert not same(weights(plain.D), weights(other.D))


def test_every_seed_sees_the_same_part(images: ImageArray) -> None:
    rows = rows_of(len(images), 40)
    expected = sorted(image.tobytes() for image in images[rows])
    for seed in (0, 7):
        batch = tiny_state(images, max_images=40, seed=seed).batches.next(40)
        seen = ((batch + 1) * 127.5).round().to(torch.uint8).numpy()
        assert sorted(image.tobytes() for image in seen) == expected


def test_a_scaling_is_that_of_the_images_that_are_trained_on(images: ImageArray) -> None:
    state = tiny_state(images, max_images=40, data_scaling="standardised")
    part = images[rows_of(len(images), 40)].astype(np.float64) / 255
    assert state.scaling.mean == pytest.approx((part.mean(),))
    assert state.scaling.std == pytest.approx((part.std(),))


def protocols_of(settings: dict[str, Any], out: Path, home: Path) -> dict[str, Any]:
    events = list(journal.recorded(train(resolve(settings), out, home), out))
    (last,) = (event for event in events if isinstance(event, Evaluated) and event.of == "last")
    return {score.metric: score for score in last.scores}


def test_scores_compare_with_all_images_and_copies_are_looked_for_among_those_trained_on(
    tmp_path: Path, home: Path
) -> None:
    torch.set_num_threads(1)
    whole = protocols_of(SETTINGS, tmp_path / "whole", home)
    part = protocols_of({**SETTINGS, "max_images": 100}, tmp_path / "part", home)
    assert {name: whole[name].stamp == part[name].stamp for name in whole} == {
        "fid": True,
        "coverage": True,
        "authenticity": False,
    }
    assert (part["fid"].protocol["n_real"], part["authenticity"].protocol["n_real"]) == (4096, 100)
    again = evaluate(tmp_path / "part", ScoreRequest(of="last"), Place(home))
    assert again.scores == tuple(part.values())
    floors = floors_of(resolve({**SETTINGS, "max_images": 100}), home, "cpu")
    assert all(floor.of == {name: score.stamp for name, score in part.items()} for floor in floors)
