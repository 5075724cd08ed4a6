"""Floors: against torchmetrics by hand, cached in one place, beside the scores of the same protocol."""

from pathlib import Path

import pytest
import torch

from gan_core import datasets, journal
from gan_core.config import Config, resolve
from gan_core.evaluation import extractors
from gan_core.events import Evaluated
from gan_core.scoring import floors
from gan_core.scoring.floors import floors_of
from tests.gan_core.scoring.conftest import SETTINGS


def config_of(**changes: object) -> Config:
    return resolve({**SETTINGS, **changes})


def features(images: torch.Tensor) -> torch.Tensor:
    network = extractors.find("fmnistcnn").load(torch.device("cpu"))
    return network(images).features


def frechet(a: torch.Tensor, b: torch.Tensor) -> float:
    """Heusel et al. 2017, eq. 6, by numpy's general eigenvalues."""
    cov = torch.linalg.eigvals(torch.cov(a.T) @ torch.cov(b.T)).sqrt().real.sum()
    distance = (a.mean(0) - b.mean(0)).square().sum() + torch.cov(a.T).trace() + torch.cov(b.T).trace() - 2 * cov
    return float(distance)


def test_real_images_of_the_other_split_and_noise(tmp_path: Path, home: Path) -> None:
    config = config_of(full_samples=1024)
    real, noise = floors_of(config, tmp_path, "cpu")
    reals = torch.from_numpy(datasets.load("shapes", "train", 16, home).images.copy())
    others = torch.from_numpy(datasets.load("shapes", "test", 16, home).images.copy())
    assert real.value("fid") == pytest.approx(frechet(features(reals), features(others)), rel=1e-6)
    assert real.what == "shapes test: 1024 of 1024 images"
    assert noise.value("fid") > 10 * real.value("fid")
    assert (real.kind, noise.kind) == ("real", "noise")


def test_they_belong_beside_a_run_s_full_scores(run: Path, home: Path) -> None:
    best = next(e for e in journal.read(run) if isinstance(e, Evaluated) and e.of == "best")
    for floor in floors_of(config_of(), home, "cpu"):
        assert floor.of == {score.metric: score.stamp for score in best.scores}
        assert all(floor.same_protocol(metric) for metric in floor.of)


def test_fewer_images_than_asked_for_have_their_own_name(home: Path) -> None:
    real, noise = floors_of(config_of(full_samples=1100), home, "cpu")
    assert real.n == 1024
    assert "fewer than the 1100 of the runs' scores" in real.what
    score = real.score("fid")
    assert score is not None
    assert score.name.startswith("fid1024_")
    assert not real.same_protocol("fid")
    assert real.of == noise.of
    assert noise.same_protocol("fid")


def test_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = floors_of(config_of(), tmp_path, "cpu")

    def again(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(floors, "_measured", again)
    assert floors_of(config_of(seed=3, width=8), tmp_path, "cpu") == first
    with pytest.raises(AssertionError, match="measured again"):
        floors_of(config_of(full_samples=70), tmp_path, "cpu")
    [path] = (tmp_path / "floors").glob("*.json")
    path.write_text(path.read_text()[:100])
    with pytest.raises(AssertionError, match="measured again"):
        floors_of(config_of(), tmp_path, "cpu")


def test_none_without_an_extractor(tmp_path: Path) -> None:
    assert floors_of(config_of(extractor="none"), tmp_path, "cpu") == ()
