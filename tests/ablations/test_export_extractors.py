"""An extractor of the user's own in a study: exported with its trials, scored with, listed, and missed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets import ImageSet
from gan_core.evaluation.extractors import own, store, train_own
from gan_core.evaluation.extractors.train_own import train_own as train
from gan_core.workers.exported import read_trials, read_weights
from tests.ablations.command import ablations
from tests.ablations.tiny import write_study


def quiet(what: str, done: int, total: int) -> None:
    pass


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An extractor that was hardly trained, in the home folder of this test; its name."""
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(train_own, "check", lambda facts: None)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, 1, 16, 16), dtype=np.uint8)
    data = ImageSet.of("noise", "train", images, np.arange(40) % 2, "none")
    content = train(data, ("even", "odd"), 0, 1, quiet).content
    return f"own-{store.keep_content(tmp_path / 'home', content, own.SUFFIX).stem[:8]}"


def exported(made: str, tmp_path: Path) -> Path:
    """The study file of trials that are scored by that extractor, exported to `t.tar`."""
    study = write_study(tmp_path, extractor=made)
    outcome = ablations("export", study, "--out", tmp_path / "t.tar", "--runs", tmp_path / "runs")
    assert outcome.code == 0, outcome.err
    assert f"with the weights of {made}" in outcome.out
    return study


def test_exported_with_its_trials(made: str, tmp_path: Path) -> None:
    exported(made, tmp_path)
    (kept,) = (tmp_path / "home" / "weights").iterdir()
    assert read_weights(tmp_path / "t.tar") == (kept.read_bytes(),)
    assert len(read_trials(tmp_path / "t.tar")) == 2


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_trained_elsewhere_and_adopted(made: str, tmp_path: Path) -> None:
    study = exported(made, tmp_path)
    words = ["run", tmp_path / "t.tar", "--out", tmp_path / "done", "--home", tmp_path / "there", "--device", "cpu"]
    program = [sys.executable, "-m", "gan_core", *map(str, words)]
    ran = subprocess.run(program, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert ran.returncode == 0, ran.stderr
    adopted = ablations("adopt", tmp_path / "done", "--runs", tmp_path / "runs", "--study", study)
    assert adopted.code == 0, adopted.err
    assert f"_{made}" in (tmp_path / "runs" / "tiny" / "leaderboard.csv").read_text()


def test_listed_and_missed(made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ablations("extractor", "list")
    assert made in "".join(listed.out.split())
    assert "even" in listed.out
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "other"))
    assert "none of your own yet" in ablations("extractor", "list").out
    study = write_study(tmp_path, extractor=made)
    for words in (("run", study), ("export", study, "--out", tmp_path / "t.tar")):
        missed = ablations(*words, "--runs", tmp_path / "runs")
        assert missed.code == 2
        assert "extractor add FILE" in missed.err
