"""The plain script does the work that it is timed for: it scores as we do, and trains what the configuration says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.shell_loop import Metrics, PilImages, Rows, Way, measure, noise_sigma, table, train_plainly, uint8
from gan_core.config import resolve
from gan_core.datasets import ImageSet
from gan_core.datasets.batches import ImageArray
from gan_core.evaluation.evaluator import Evaluator
from gan_core.machine.cores import cores
from gan_core.training.build import build
from gan_core.training.timetable import total_steps

CPU = torch.device("cpu")
TINY = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "norm_d": "none",
    "batch_size": 20,
    "budget_kimg": 1.2,
    "progress_evaluations": 2,
    "progress_samples": 20,
    "full_samples": 40,
}


def floats(images: Tensor) -> Tensor:
    """[0, 255] -> [-1, 1]."""
    return images.float() / 127.5 - 1


def test_scores_are_those_of_the_trainer(images: ImageArray, tmp_path: Path) -> None:
    """Both see the same pictures; ours is given bytes, the script tensors in [-1, 1]."""
    reals, fakes = images[:200], images[200:]
    reference = ImageSet.of("blobs", "train", reals, np.zeros(len(reals), np.int64), "none")
    expected = Evaluator("fmnistcnn", reference, tmp_path, CPU).score([torch.from_numpy(fakes)], len(fakes), "")

    metrics = Metrics("fmnistcnn", CPU)
    metrics.see_reals(torch.utils.data.DataLoader(PilImages(reals), batch_size=64))
    for _ in range(2):  # the reals are kept, the fakes are not
        torch.manual_seed(0)  # of the order in which IS takes its splits
        found = metrics.score(floats(part) for part in torch.from_numpy(fakes).split(30))
        assert found == pytest.approx({score.metric: score.value for score in expected}, rel=1e-4)


def test_a_picture_comes_back_from_the_transform_unchanged(images: ImageArray) -> None:
    assert torch.equal(uint8(PilImages(images)[7]), torch.from_numpy(images[7]))


def plainly(
    images: ImageArray, out: Path, **settings: Any
) -> tuple[dict[str, float], list[tuple[dict[str, float], int]]]:
    points: list[tuple[dict[str, float], int]] = []
    config = resolve({**TINY, **settings})
    outcome = train_plainly(config, images, out, lambda values, step: points.append((dict(values), step)), CPU)
    return outcome.scores, points


def test_what_is_logged_and_when(images: ImageArray, tmp_path: Path) -> None:
    scores, points = plainly(images, tmp_path)
    steps = total_steps(resolve(TINY))
    assert steps == 60
    assert [(sorted(values), step) for values, step in points] == [
        (["fid", "is"], 30),
        (["loss_d", "loss_g"], 50),
        (["fid", "is"], 60),
        (["fid", "is"], 60),
    ]
    assert scores == points[-1][0]
    assert len(list(tmp_path.glob("*.png"))) == 2


@pytest.mark.slow
def test_tricks_in_the_loop_act(images: ImageArray, tmp_path: Path) -> None:
    def losses(**settings: Any) -> list[float]:
        points = plainly(images, tmp_path, lr_d=5e-3, **settings)[1]
        return [values["loss_d"] for values, _ in points if "loss_d" in values]

    plain, again = losses(), losses()
    assert plain == pytest.approx(again, rel=1e-5)
    assert losses(label_smoothing=0.6) != pytest.approx(plain, rel=1e-2)
    assert losses(instance_noise={"sigma": 1.0}) != pytest.approx(plain, rel=1e-2)


@pytest.mark.parametrize("options", [{"sigma": 0.2, "anneal_kimg": 0.5}, {"sigma": 0.2}])
def test_instance_noise_has_the_trainers_level(images: ImageArray, options: dict[str, float]) -> None:
    config = resolve({**TINY, "instance_noise": options})
    state = build(config, images, CPU)
    for seen in (0, 100, 400, 600):
        state.clock.images = seen
        (dose,) = state.doses["instance_noise"]
        assert noise_sigma(config, seen / 1000) == pytest.approx(dose()["sigma"])
    assert noise_sigma(resolve(TINY), 0.0) == 0


def test_what_the_script_lacks_is_refused(images: ImageArray, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="ema, loss"):
        plainly(images, tmp_path, ema=0.9, loss="hinge")
    with pytest.raises(SystemExit, match="instance_noise elsewhere"):
        plainly(images, tmp_path, instance_noise={"sigma": 0.1, "where": "layers"})


def test_the_ratio_is_that_of_trials_an_hour() -> None:
    shell, ours = Way(20.0, (10.0, 10.0), {}, 30.0), Way(4.0, (3.0, 3.0), {})
    rows = Rows(((shell, ours), (shell, Way(10.0, (5.0, 5.0), {})), (shell, ours)), study_trials=80, load=0.0)
    assert (shell.trials_per_hour, rows.ratio, rows.reached) == (360.0, 5.0, True)
    assert Way(4.0, (3.0, 3.0), {}, fixed_s=2.0).per_hour_of(10) == 10 * 3600 / (2 + 10)
    assert "| 5.00x | 4x | yes |" in table(rows)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_both_ways_from_start_to_end(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    study = {
        "question": "does it work?",
        "design": "one-in",
        "seeds": 3,
        "baseline": TINY,
        "tricks": {"smooth": {"label_smoothing": 0.9}, "ttur": {"lr_d": 8e-4}},
    }
    path.write_text(json.dumps(study))  # which is YAML
    rows = measure(arms=2, study=path)
    for way in rows.pairs[0]:
        assert len(way.trial_s) == 2
        assert min(way.trial_s) > 0
        assert max(way.trial_s) < way.wall_s
    shell, ours = rows.pairs[0]
    assert sum(shell.trial_s) == pytest.approx(shell.wall_s, rel=0.02)  # one after another
    assert sum(shell.parts.values()) == pytest.approx(sum(shell.trial_s) / 2)
    assert sum(ours.parts.values()) == pytest.approx(ours.wall_s * min(cores(), 2) / 2)
    assert 0 < ours.fixed_s < ours.wall_s
    assert rows.study_trials == 9
    assert min(ours.parts.values()) >= -0.01
    assert "`ablations run` | 2 |" in table(rows)
