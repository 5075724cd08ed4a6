"""The study of labels, run tiny: every arm to its scores by class."""

from pathlib import Path

import pytest

from ablations.study.study import load_study
from gan_core.config import resolve
from gan_core.events import Evaluated
from gan_core.train import train

STUDY = Path(__file__).parents[2] / "studies" / "conditional.yaml"
TINY = {
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "budget_kimg": 0.1,
    "progress_evaluations": 1,
    "progress_samples": 100,
    "full_samples": 1000,
}


def test_its_arms() -> None:
    configs = [arm.config for arm in load_study(STUDY).arms]
    assert {(c.conditioning_g, c.conditioning_d) for c in configs} == {
        (g, d) for g in ("batch_norm", "concatenation") for d in ("projection", "auxiliary")
    }
    assert all(c.conditional for c in configs)


@pytest.mark.parametrize("number", [0, 3])
def test_an_arm_to_its_scores(number: int, home: Path, tmp_path: Path) -> None:
    """On the synthetic shapes, which need no files."""
    arm = load_study(STUDY).arms[number]
    metrics = {"metrics": ["fid", "class_fid", "class_coverage"], "progress_metrics": ["fid"]}
    config = resolve({**arm.config.plain(), **TINY, **metrics, "data": "shapes"}, named=())
    best = [event for event in train(config, tmp_path, home) if isinstance(event, Evaluated)][-1]
    assert [score.metric for score in best.scores] == metrics["metrics"]
