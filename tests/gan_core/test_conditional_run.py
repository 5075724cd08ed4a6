"""A whole tiny conditional run: resumed, sampled by class, drawn, scored again, with floors."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from safetensors.torch import load_file

from gan_core import journal
from gan_core.cli.app import main
from gan_core.config import resolve
from gan_core.events import Evaluated, Sampled, Started
from gan_core.problems import UserError
from gan_core.scoring.evaluate import evaluate
from gan_core.scoring.floors import floors_of
from gan_core.scoring.request import Place, ScoreRequest
from gan_core.show.draw import draw_run
from gan_core.show.sample import sample
from gan_core.show.saved import load_generator, load_weights
from gan_core.train import train
from tests.gan_core.test_train import timeless

SETTINGS: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 4,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 0.12,
    "progress_evaluations": 2,
    "progress_samples": 50,
    "full_samples": 600,
    "metrics": ["fid", "class_fid", "class_coverage"],
    "conditional": True,
    "ema": True,
}
CELL = 18  # px of a grid: an image of 16 and its border


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("conditional")
    for _ in journal.recorded(train(resolve(SETTINGS), out, home), out):
        pass
    return out


def test_events_know_the_classes(folder: Path) -> None:
    events = journal.read(folder)
    assert isinstance(events[0], Started)
    assert list(events[0].labels) == ["square", "disc", "triangle", "cross", "ring"]
    assert sum(events[0].labels.values()) == 4096
    last = [event for event in events if isinstance(event, Evaluated)][-1]
    assert [score.metric for score in last.scores] == SETTINGS["metrics"]
    fid, *by_class = (score.protocol.get("labels") for score in last.scores)
    assert fid is None
    assert set(by_class) == {"classes at random, as often as in the real images"}


def test_interrupted_anywhere_it_is_the_same_run(folder: Path, home: Path, tmp_path: Path) -> None:
    whole = journal.read(folder)
    for stop in (2, 9):  # before the first step's checkpoint, and in the middle
        out, seen = tmp_path / str(stop), []
        first = train(resolve(SETTINGS), out, home)
        for _ in range(stop):
            seen.append(next(first))
            journal.append(out, seen[-1])
        first.close()
        for event in train(resolve(SETTINGS), out, home):
            journal.append(out, event)
        assert timeless(journal.read(out)) == timeless(whole)
        ours, theirs = (load_file(path / "last.safetensors") for path in (out, folder))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_grids_have_a_row_a_class(folder: Path, home: Path) -> None:
    grids = [event.path for event in journal.read(folder) if isinstance(event, Sampled)]
    with PIL.Image.open(folder / grids[-1]) as grid:
        assert grid.size == (8 * CELL + 2, 5 * CELL + 2)
        pixels = np.array(grid)
    saved = load_generator(folder, "last")
    z = saved.latents("latent.grid", 64)[:8]
    for k in range(5):  # the same z in each column
        row = saved.draw(z, torch.full((8,), k))
        for j in range(8):
            top, left = 2 + k * CELL, 2 + j * CELL
            assert np.array_equal(pixels[top : top + 16, left : left + 16], row[j, 0].numpy())


def test_sample_by_class(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "grid.png"
    assert main(["sample", str(folder), "--class", "ring", "--n", "4", "--out", str(out)]) == 0
    saved = load_generator(folder, "best")
    expected = saved.draw(saved.latents("latent.sample", 4, 0), torch.full((4,), 4))
    with PIL.Image.open(out) as grid:
        assert grid.size == (2 * CELL + 2, 2 * CELL + 2)
        assert np.array_equal(np.array(grid)[2:18, 2:18], expected[0, 0].numpy())
    by_name = out.read_bytes()
    assert sample(folder, 4, out, "best", 0, label="4").read_bytes() == by_name
    for n, rows in ((None, 8), (10, 2)):
        with PIL.Image.open(sample(folder, n, out, "best", 0)) as grid:
            assert grid.size == (rows * CELL + 2, 5 * CELL + 2)
    for words, message in (
        (
            ["--class", "rings"],
            "no class is called 'rings'; allowed: square, disc, triangle, cross, ring; or 0 to 4; did you mean 'ring'?",
        ),
        (["--class", "5"], "no class is called '5'"),
        (["--n", "11"], "11 images are no whole number for each of the 5 classes"),
    ):
        assert main(["sample", str(folder), *words, "--out", str(out)]) == 2
        assert message in capsys.readouterr().err


def test_pictures_are_drawn(folder: Path) -> None:
    names = {path.name for path in draw_run(folder)}
    assert {"fresh.png", "slerp.png", "slerp.gif", "circle.png", "training.gif"} <= names
    with PIL.Image.open(folder / "show" / "fresh.png") as grid:
        assert grid.size == (8 * CELL + 2, 5 * CELL + 2)


def test_scored_again_it_has_its_scores(folder: Path, home: Path) -> None:
    last = [event for event in journal.read(folder) if isinstance(event, Evaluated)][-2]
    found = evaluate(folder, ScoreRequest(of="last", seeds=2), Place(home, "cpu", None))
    assert last.of == "last"
    assert found.scores == last.scores
    assert found.scored[1].scores[0].value != found.scores[0].value
    assert found.scored[1].scores[0].stamp == found.scores[0].stamp
    # The moving average of a checkpoint finds its statistics with labels drawn as in training
    z, y = load_generator(folder, "last").latents("x", 5), torch.arange(5)
    images = [saved.draw(z, y) for saved in (load_generator(folder, "last"), load_weights(folder / "checkpoint.pt"))]
    assert torch.equal(*images)


def test_another_reference_is_compared_by_class_only_where_it_has_the_classes(folder: Path, home: Path) -> None:
    test_split = evaluate(folder, ScoreRequest(reference="shapes:test"), Place(home, "cpu", None))
    assert [score.metric for score in test_split.scores] == SETTINGS["metrics"]
    request = ScoreRequest(reference="fashion-mnist:test", metrics=("fid",))
    (score,) = evaluate(folder, request, Place(home, "cpu", None)).scores
    assert "labels" not in score.protocol
    with pytest.raises(UserError, match=r"class_fid.* no classes, or not those that G draws"):
        evaluate(folder, ScoreRequest(reference="fashion-mnist:test"), Place(home, "cpu", None))


def test_floors_are_of_real_images_with_their_own_labels(home: Path, tmp_path: Path) -> None:
    config = resolve({**SETTINGS, "full_samples": 1024})
    real, noise = floors_of(config, home, "cpu")
    assert all(floor.same_protocol(metric) for floor in (real, noise) for metric in config.metrics)
    fid, by_class = real.value("fid"), real.value("class_fid")
    assert fid is not None
    assert by_class is not None
    assert 0 < fid < by_class < 1  # fewer images a class
    assert (noise.value("class_fid") or 0) > 10 * by_class
    assert (real.value("class_coverage") or 0) > 0.5
    plain = floors_of(
        resolve({**SETTINGS, "full_samples": 1024, "conditional": False, "metrics": ["fid"]}), home, "cpu"
    )
    assert plain[0].score("fid") == real.score("fid")


def test_pictures_and_runs_without_labels_have_no_score_by_class(folder: Path, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "plain"
    config = resolve({**SETTINGS, "conditional": False, "metrics": ["fid"], "full_samples": 50, "budget_kimg": 0.02})
    for _ in journal.recorded(train(config, out, home), out):
        pass
    with pytest.raises(UserError, match="a score by class needs a G that is told which class to draw"):
        evaluate(out, ScoreRequest(metrics=("class_fid",)), Place(home, "cpu", None))
    with pytest.raises(UserError, match="not conditional"):
        sample(out, 4, tmp_path / "grid.png", "last", 0, label="ring")
