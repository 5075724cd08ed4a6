"""What the small classifier must say of real pictures that are spoilt more and more."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core import datasets
from gan_core.datasets.record import Images
from gan_core.evaluation.evaluator import Evaluator

N = 2500


@pytest.fixture(scope="module")
def scores(home: Path) -> dict[str, dict[str, float]]:
    """Scores of N pictures each, with the train split as reference: way of spoiling -> metric -> value."""
    evaluator = Evaluator("fmnistcnn", datasets.load("fashion-mnist", "train", 32, home), home, torch.device("cpu"))
    test = datasets.load("fashion-mnist", "test", 32, home)
    rng = np.random.default_rng(0)
    reals = test.images[:N].astype(np.float64)

    def only(classes: int) -> Images:
        kept = test.images[np.isin(test.labels, range(classes))]
        return kept[np.arange(N) % len(kept)]

    candidates = {
        "reals": test.images[:N],
        "light noise": (reals + rng.normal(0, 3, reals.shape)).clip(0, 255).round().astype(np.uint8),
        "nine classes": only(9),
        "five classes": only(5),
        "one class": only(1),
        "uniform noise": rng.integers(0, 256, reals.shape, dtype=np.uint8),
    }
    return {
        name: {s.metric: s.value for s in evaluator.score(torch.tensor(images).split(250), N, "none")}
        for name, images in candidates.items()
    }


def test_fid_orders_what_is_lost(scores: dict[str, dict[str, float]]) -> None:
    fids = [score["fid"] for score in scores.values()]
    assert fids == sorted(fids)
    assert scores["reals"]["fid"] < 0.1 * scores["nine classes"]["fid"]
    assert scores["uniform noise"]["fid"] > 5 * scores["one class"]["fid"]


def test_inception_score_counts_what_is_there(scores: dict[str, dict[str, float]]) -> None:
    order = ["one class", "five classes", "nine classes", "reals"]
    found = [scores[name]["is"] for name in order]
    assert found == sorted(found)
    assert found[0] < 3
    assert 7 < found[-1] < 10
