"""Sizes of images: their forms, and a rectangle all the way through a run."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core import datasets
from gan_core.cli.flags import add_flags, settings_of
from gan_core.config import resolve
from gan_core.datasets import fashion_mnist, prepared
from gan_core.datasets.resize import resize
from gan_core.events import Evaluated, Finished
from gan_core.problems import UserError
from gan_core.schema.sizes import shape_of, shape_text, size_of, size_text
from gan_core.train import train


@pytest.mark.parametrize(
    ("written", "size", "shape"),
    [
        (32, 32, (32, 32)),
        ([32, 32], 32, (32, 32)),
        ("32x32", 32, (32, 32)),
        ([157, 128], (157, 128), (157, 128)),
        ((157, 128), (157, 128), (157, 128)),
        ("157x128", (157, 128), (157, 128)),
    ],
)
def test_one_size_has_one_form(written: Any, size: Any, shape: tuple[int, int]) -> None:
    config = resolve({"image_size": written})
    assert (config.image_size, config.shape) == (size, shape)
    assert config.fingerprint() == resolve({"image_size": size}).fingerprint()
    assert resolve(config.plain()) == config
    assert size_of(shape_of(size)) == size


@pytest.mark.parametrize("written", [7, 257, [32], [32, 7], [8, 8, 8], "32", "x32", "32x", "3x2", 32.0, True, None, {}])
def test_anything_else_is_refused_in_one_message(written: Any) -> None:
    with pytest.raises(UserError) as caught:
        resolve({"image_size": written})
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"image_size: {written!r} is no size; allowed: pixels or [height, width], 8 to 256")


@pytest.mark.parametrize(("words", "shape"), [("157x128", (157, 128)), ("[20, 30]", (20, 30)), ("64", (64, 64))])
def test_the_flag(words: str, shape: tuple[int, int]) -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    assert resolve(settings_of(parser.parse_args(["--image-size", words]))).shape == shape
    assert "[int or [int, int] >= 8, <= 256; default 32]" in " ".join(parser.format_help().split())


def test_texts() -> None:
    assert [size_text(32), size_text((157, 128))] == ["32", "157x128"]
    assert [shape_text(32), shape_text((157, 128))] == ["32x32", "157x128"]


def test_squares_are_prepared_where_they_always_were(tmp_path: Path) -> None:
    """The key depends on the rule's text: were it to change, every machine would prepare its data anew."""
    rule = "28x28, zero-padded by 2 px on each side to 32x32, resized to 16x16 bilinearly with antialias"
    assert fashion_mnist.rule(16) == rule
    assert (
        prepared.folder_of(tmp_path, "fashion-mnist", "train", "id", rule).name
        == "fashion-mnist-train-a8662d9600dd9012"
    )


def test_a_rectangle_is_the_picture_stretched_along_each_axis() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 1, 16, 16), dtype=np.uint8)
    tall = resize(images, (32, 8)).astype(float)
    assert tall.shape == (2, 1, 32, 8)
    turned = resize(images.transpose(0, 1, 3, 2), (8, 32)).transpose(0, 1, 3, 2)
    np.testing.assert_allclose(tall, turned, atol=1)  # rounding
    even = np.repeat(images[..., :1], 16, axis=3)  # columns alike: the width makes no difference
    narrow, wide = (resize(even, shape)[..., 0].astype(float) for shape in ((32, 8), (32, 16)))
    np.testing.assert_allclose(narrow, wide, atol=1)


def test_a_run_of_rectangles(tmp_path: Path) -> None:
    settings = {"data": "shapes", "image_size": "20x12", "width": 2, "latent_dim": 4, "latent": "uniform"}
    settings |= {"batch_size": 8, "budget_kimg": 0.1, "progress_evaluations": 1}
    config = resolve({**settings, "progress_samples": 20, "full_samples": 20})
    assert datasets.load("shapes", "test", config.image_size, tmp_path).size == (20, 12)
    events = list(train(config, tmp_path / "run", tmp_path))
    assert isinstance(events[-1], Finished)
    assert events[-1].status == "finished"
    scores = [score for event in events if isinstance(event, Evaluated) for score in event.scores]
    assert all(np.isfinite(score.value) for score in scores)
    assert {str(score.protocol["image_size"]) for score in scores} == {"[20, 12]"}
    assert {score.protocol["resize"] for score in scores} == {"20x12 to 32: bilinear with antialias"}
