"""Whole executions whose trials train as on other nodes, from a parent with a home folder of its own."""

from contextlib import closing
from pathlib import Path

import pytest

from ablations.execution.options import ExecutionOptions
from ablations.execution.session import Session, open_session
from ablations.executors.executor import Executor
from ablations.study.study import Study, load_study
from ablations.workspace.execution_record import executions_of, read_execution
from gan_core.training import training_data
from tests.ablations.executors.elsewhere.small_cluster import SmallCluster
from tests.ablations.tiny import story_of, write_study
from tests.gan_core.datasets.pictures import fill

NOISE = """
import numpy as np
from gan_core.datasets.record import DataSet, ImageSet, SearchedPlace
from gan_core.plugins import register

def prepare(request):
    images = np.random.default_rng(0).integers(0, 256, (64, 1, 16, 16), dtype=np.uint8)
    return ImageSet.of("noise", request.split, images, np.zeros(64, np.int64), "uniform")

place = SearchedPlace("here", "drawn", True)
register(DataSet("noise", "noise", "drawn", "none", 1, ("noise",), {"train": 64}, lambda split: "noise",
                 lambda home, extra, on_step: (place,), lambda home, extra: place, prepare))
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes are processes here that have the home folder `node`; the working directory is the study's."""

    def small_cluster(session: Session) -> Executor:
        return SmallCluster(session.elsewhere.exchange)

    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "node"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Session, "_executor", small_cluster)
    monkeypatch.setattr("ablations.execution.places.places_told", lambda *_: (None, ""))


def run(study: Study, runs: Path, home: Path, gone: Path | None = None) -> Session:
    """Train all of it; `gone`: a folder that no node has."""

    def step(text: str, share: float | None = None) -> None:
        if gone is not None and gone.exists() and text.startswith("data and weights"):
            gone.rename(gone.with_name("gone"))

    with open_session(study, runs, ExecutionOptions(home, executor="ray", offline=True)) as session:
        with closing(session.reports(lambda: False, step)) as reports:
            told = list(reports)
        assert session.to_do() == [], told
    return session


@pytest.mark.slow
@pytest.mark.usefixtures("elsewhere")
def test_images_of_the_parent_alone(tmp_path: Path) -> None:
    """Nodes train on a relative folder that they don't see; another study then takes their trials over."""
    fill(tmp_path / "pictures", 12, (16, 16, 3))
    options = {"data": "folder", "data_dir": "pictures", "extractor": "none", "budget_kimg": 0.05}
    study = load_study(write_study(tmp_path, seeds=2, **options))
    digest = training_data.load(study.arms[0].config, tmp_path / "login").digest
    session = run(study, tmp_path / "runs", tmp_path / "login", gone=tmp_path / "pictures")
    assert set(session.provision.digests.values()) == {digest}
    assert len(list((tmp_path / "node" / "prepared").glob("folder-train-*"))) == 1
    assert not list((tmp_path / "runs" / "tiny" / "exchange").rglob("*"))
    (record,) = (read_execution(folder) for folder in executions_of(tmp_path / "runs" / "tiny"))
    assert (record.executor, record.workers, record.devices) == ("ray", 4, ("cpu",))
    (tmp_path / "gone").rename(tmp_path / "pictures")
    again = load_study(write_study(tmp_path, seeds=2, **options), name="again")
    assert len(run(again, tmp_path / "runs", tmp_path / "login").provision.reused) == 4
    for trial in (tmp_path / "runs" / "again" / "trials").iterdir():
        assert story_of(trial) == story_of(tmp_path / "runs" / "tiny" / "trials" / trial.name)


@pytest.mark.slow
@pytest.mark.usefixtures("elsewhere")
def test_code_of_the_users_own_draws_the_images(tmp_path: Path) -> None:
    """The parent has none of them, and asks for none; the second trial is held to those of the first."""
    (tmp_path / "noise.py").write_text(NOISE)
    path = write_study(tmp_path, data="noise", extractor="none", budget_kimg=0.05)
    path.write_text(path.read_text().replace("{", '{"use": ["noise.py"],', 1))
    session = run(load_study(path), tmp_path / "runs", tmp_path / "login")
    assert len(session.provision.digests) == 1
    assert not (tmp_path / "login").exists()


def test_studies_that_share_a_place_for_files_have_a_folder_each(tmp_path: Path) -> None:
    """Names of trials repeat across studies, and each study clears what it sent."""
    places = set()
    for runs in ("mine", "yours"):
        options = ExecutionOptions(tmp_path / "home", executor="slurm", offline=True, files="s3://bucket/all/")
        for _ in range(2):  # the same the next time
            with open_session(load_study(write_study(tmp_path)), tmp_path / runs, options) as session:
                places.add(session.elsewhere.exchange)
    assert len(places) == 2
    assert all(place.startswith("s3://bucket/all/tiny-") for place in places)
