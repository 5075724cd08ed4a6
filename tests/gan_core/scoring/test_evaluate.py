"""Scoring a run again gives its journal's scores; its pictures as files give them too; every mistake is one message."""

import json
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from gan_core import journal
from gan_core.cli.app import main
from gan_core.events import Evaluated, Score
from gan_core.problems import UserError
from gan_core.scoring.evaluate import evaluate
from gan_core.scoring.records import Evaluation
from gan_core.scoring.request import Place, ScoreRequest
from gan_core.show.saved import Which, load_generator
from tests.gan_core.scoring.conftest import SETTINGS


def told(run: Path, of: str) -> tuple[Score, ...]:
    return next(event.scores for event in journal.read(run) if isinstance(event, Evaluated) and event.of == of)


def pictures_of(run: Path, folder: Path, n: int = 60, mode: str = "L", size: int = 16) -> Path:
    """The run's own pictures, as files."""
    saved = load_generator(run, "best")
    folder.mkdir()
    for i, image in enumerate(saved.draw(saved.latents("latent.full", n))):
        picture = PIL.Image.fromarray(image[0].numpy()).convert(mode)
        picture.resize((size, size), PIL.Image.Resampling.NEAREST).save(folder / f"{i:03}.png")
    return folder


@pytest.mark.parametrize("of", ["best", "last"])
def test_a_run_scores_as_its_journal_says(run: Path, home: Path, of: Which) -> None:
    found = evaluate(run, ScoreRequest(of=of), Place(home))
    assert found.scores == told(run, of)
    assert found.kind == "run"
    assert found.n == SETTINGS["full_samples"]


@pytest.mark.parametrize("file", ["last.safetensors", "checkpoint.pt"])
def test_weights_in_a_run_s_folder(run: Path, home: Path, file: str) -> None:
    found = evaluate(run / file, ScoreRequest(), Place(home))
    assert found.scores == told(run, "last")
    assert found.kind == "weights"


def test_another_n_metric_or_reference_is_another_stamp(run: Path, home: Path) -> None:
    own = told(run, "best")[0]
    for request in (ScoreRequest(n=50), ScoreRequest(reference="shapes:test")):
        score = evaluate(run, request, Place(home)).scores[0]
        assert score.stamp != own.stamp
    assert [s.metric for s in evaluate(run, ScoreRequest(metrics=("is",)), Place(home)).scores] == ["is"]


def test_evaluation_seeds_are_other_latents_of_one_protocol(run: Path, home: Path) -> None:
    found = evaluate(run, ScoreRequest(seeds=3), Place(home))
    fids = found.values("fid")
    assert len(set(fids)) == 3
    assert fids[0] == told(run, "best")[0].value
    assert len({each.scores[0].stamp for each in found.scored}) == 1
    assert evaluate(run, ScoreRequest(seeds=3), Place(home)).values("fid") == fids


def test_pictures_score_as_the_generator_that_drew_them(run: Path, home: Path, tmp_path: Path) -> None:
    found = evaluate(pictures_of(run, tmp_path / "p"), ScoreRequest(like=SETTINGS), Place(home))
    own = told(run, "best")
    assert [score.stamp for score in found.scores] == [score.stamp for score in own]
    assert found.scores[0].value == pytest.approx(own[0].value, rel=1e-9)
    assert found.kind == "images"


def test_grey_pictures_written_as_rgb_are_grey(run: Path, home: Path, tmp_path: Path) -> None:
    found = evaluate(pictures_of(run, tmp_path / "p", mode="RGB"), ScoreRequest(like=SETTINGS), Place(home))
    assert found.scores[0].stamp == told(run, "best")[0].stamp
    assert found.scores[0].value == pytest.approx(told(run, "best")[0].value, rel=1e-9)
    assert "grey pictures, written as RGB" in found.notes


def test_resized_pictures_have_another_stamp_that_says_so(run: Path, home: Path, tmp_path: Path) -> None:
    found = evaluate(pictures_of(run, tmp_path / "p", size=32), ScoreRequest(like=SETTINGS), Place(home))
    score, own = found.scores[0], told(run, "best")[0]
    assert score.stamp != own.stamp
    assert score.protocol["resize"].startswith("pictures of 32x32: decoded by PIL, resized")
    assert {name for name in own.protocol if own.protocol[name] != score.protocol[name]} == {"resize"}
    assert any("came to the size of the reference" in note for note in found.notes)


@pytest.mark.parametrize(("every", "words"), [(1, "saved with loss (JPEG)"), (2, "saved with loss (some JPEG)")])
def test_pictures_saved_with_loss_have_a_stamp_and_a_note(
    run: Path, home: Path, tmp_path: Path, every: int, words: str
) -> None:
    """Their FID moves: the same pictures as PNG score as the run itself, and share its stamp."""
    folder = pictures_of(run, tmp_path / "pictures")
    place = Place(home)
    own = evaluate(folder, ScoreRequest(like=SETTINGS, n=60), place)
    for path in sorted(folder.iterdir())[::every]:
        with PIL.Image.open(path) as picture:
            picture.save(path.with_suffix(".jpg"), quality=75)
        path.unlink()
    lossy = evaluate(folder, ScoreRequest(like=SETTINGS, n=60), place)
    assert lossy.scores[0].value != own.scores[0].value
    assert lossy.scores[0].stamp != own.scores[0].stamp
    assert words in str(lossy.scores[0].protocol["resize"])
    assert any(words in note for note in lossy.notes)
    assert not any("loss" in note for note in own.notes)


def test_how_g_ran_is_part_of_the_protocol(run: Path, home: Path, tmp_path: Path) -> None:
    folder = pictures_of(run, tmp_path / "p")
    found = evaluate(folder, ScoreRequest(like=SETTINGS, g_mode="batch statistics"), Place(home))
    assert found.scores[0].protocol["g_mode"] == "batch statistics"
    assert found.scores[0].stamp != told(run, "best")[0].stamp


def test_more_pictures_than_asked_for_are_drawn_by_a_fixed_seed(run: Path, home: Path, tmp_path: Path) -> None:
    folder = pictures_of(run, tmp_path / "p")
    found = [evaluate(folder, ScoreRequest(n=40, reference="shapes", size=16), Place(home)) for _ in range(2)]
    assert found[0].scores == found[1].scores
    assert found[0].scores[0].name.startswith("fid40_")
    assert "40 of 60, drawn by a fixed seed" in found[0].notes


def test_without_a_number_all_pictures_are_scored_and_told(run: Path, home: Path, tmp_path: Path) -> None:
    found = evaluate(pictures_of(run, tmp_path / "p"), ScoreRequest(reference="shapes", size=16), Place(home))
    assert found.n == 60
    assert any(note.startswith("all 60 pictures: fewer than 10000") for note in found.notes)


def test_it_survives_json(run: Path, home: Path) -> None:
    found = evaluate(run, ScoreRequest(seeds=2), Place(home))
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def colour(folder: Path) -> Path:
    folder.mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


def test_mistakes_with_pictures(run: Path, home: Path, tmp_path: Path) -> None:
    place, shapes = Place(home), ScoreRequest(reference="shapes", size=16)
    few = pictures_of(run, tmp_path / "few", n=5)
    with pytest.raises(UserError, match="holds 5 pictures, 60 are to be scored; allowed: --n 5"):
        evaluate(few, ScoreRequest(like=SETTINGS), place)
    with pytest.raises(UserError, match="what are the pictures to be compared with"):
        evaluate(few, ScoreRequest(), place)
    with pytest.raises(UserError, match="no latents to draw again"):
        evaluate(few, ScoreRequest(seeds=2, like=SETTINGS), place)
    with pytest.raises(UserError, match="the pictures are colour, those of shapes train are grey"):
        evaluate(colour(tmp_path / "colour"), shapes, place)
    (few / "notes.txt").write_text("no picture")
    with pytest.raises(UserError, match=r"1 file.* that are no images"):
        evaluate(few, shapes, place)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no files"):
        evaluate(tmp_path / "empty", shapes, place)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ScoreRequest(metrics=("fidd",)), "no metric is called 'fidd'.*did you mean 'fid'"),
        (ScoreRequest(n=1), "no covariance"),
        (ScoreRequest(seeds=0), "0 evaluation seeds"),
        (ScoreRequest(reference="shaps:test"), "no data set is called 'shaps'.*did you mean 'shapes'"),
        (ScoreRequest(reference="shapes:tset"), "no split 'tset'.*did you mean 'test'"),
        (ScoreRequest(reference="folder"), "which folder"),
        (ScoreRequest(size=16), "size: is for pictures"),
        (ScoreRequest(like={**SETTINGS, "image_size": 32}), "draws grey 16x16 images, those of shapes are grey 32x32"),
        (ScoreRequest(like={**SETTINGS, "extractor": "none"}), "trained without scores"),
    ],
)
def test_mistakes_with_a_run(run: Path, home: Path, request_: ScoreRequest, words: str) -> None:
    with pytest.raises(UserError, match=words):
        evaluate(run, request_, Place(home))


def test_what_is_no_run(run: Path, home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        evaluate(tmp_path / "nowhere", ScoreRequest(), Place(home))
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(UserError, match="no file of weights"):
        evaluate(tmp_path / "x.txt", ScoreRequest(), Place(home))
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match="is a whole study"):
        evaluate(tmp_path, ScoreRequest(), Place(home))
    shutil.copy(run / "best.safetensors", tmp_path / "best.safetensors")
    with pytest.raises(UserError, match="there is no run"):
        evaluate(tmp_path / "best.safetensors", ScoreRequest(), Place(home))


@pytest.mark.parametrize("file", ["best.safetensors", "checkpoint.pt"])
def test_damaged_weights(run: Path, home: Path, tmp_path: Path, file: str) -> None:
    shutil.copy(run / journal.NAME, tmp_path)
    (tmp_path / file).write_bytes((run / file).read_bytes()[:200])
    with pytest.raises(UserError, match="no weights of this run's generator"):
        evaluate(tmp_path / file, ScoreRequest(), Place(home))


def test_the_library_s_own_command(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(run), "--metrics", "fid", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)["content"]
    assert Evaluation.model_validate_json(json.dumps(content)).scores == told(run, "best")[:1]
    assert main(["evaluate", str(run), "--metrics", "fdi"]) == 2
    assert "did you mean 'fid'" in capsys.readouterr().err
