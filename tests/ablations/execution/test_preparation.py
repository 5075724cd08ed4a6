"""One study is about the same images from its first trial to its last."""

from pathlib import Path

import pytest

from gan_core import journal
from gan_core.events import Started
from tests.ablations.command import Outcome, ablations
from tests.ablations.tiny import write_study
from tests.gan_core.datasets.pictures import fill


@pytest.fixture
def study(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study without scores on a folder of twelve images, run once with one seed, from the directory of its file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(home))
    fill(tmp_path / "pictures", 12, (16, 16, 3))
    path = write_study(tmp_path, data="folder", data_dir="pictures", extractor="none", budget_kimg=0.05)
    assert run(path).code == 0
    return path


def run(path: Path, *words: str) -> Outcome:
    bare = ("--offline", "--no-models", "--no-report", "--executor", "inline", "--threads", "1")
    return ablations("run", path, "--runs", path.parent / "runs", *bare, *words)


def digests(path: Path) -> set[str]:
    starts = [journal.read(folder)[0] for folder in (path.parent / "runs" / "tiny" / "trials").iterdir()]
    return {start.data_digest for start in starts if isinstance(start, Started)}


def test_images_that_were_added_since_are_refused(study: Path) -> None:
    fill(study.parent / "pictures", 3, (16, 16, 3), first=12)
    refused = run(study, "--seeds", "2")
    assert refused.code == 2
    assert f"the images of {study.parent / 'pictures'} are not those that 2 trial(s)" in refused.err
    assert "--as NEWNAME" in refused.err
    assert "Traceback" not in refused.err
    assert len(digests(study)) == 1
    assert run(study, "--seeds", "2", "--as", "again").code == 0


def test_a_relative_folder_is_another_one_from_another_directory(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = study.parent / "elsewhere"
    fill(other / "pictures", 12, (16, 16, 3), first=100)
    monkeypatch.chdir(other)
    refused = run(study, "--seeds", "2")
    assert refused.code == 2
    assert f"the images of {other / 'pictures'} are not those" in refused.err


def test_the_same_images_go_on(study: Path) -> None:
    assert run(study, "--seeds", "2").code == 0
    assert len(digests(study)) == 1


def test_a_trial_is_not_verified_or_scored_on_other_images(study: Path) -> None:
    fill(study.parent / "pictures", 3, (16, 16, 3), first=12)
    runs = study.parent / "runs"
    refused = ablations("verify", "baseline", "--seed", "0", "--study", "tiny", "--runs", runs)
    assert refused.code == 2
    assert "was trained on other images than there are now" in refused.err
    scored = ("--extractor", "inception", "--metrics", "kid", "--n", "12")
    refused = ablations("evaluate", "tiny/baseline-seed0", "--runs", runs, *scored)
    assert refused.code == 2
    assert "the images that the run was trained on have changed" in refused.err
