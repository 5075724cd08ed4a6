"""A study's folder with MLflow's store in it is moved or copied: its files are found, and written, where it is now."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.tracking._tracking_service.utils import _artifact_repos_cache

from ablations.tracking.mlflow.moved import follow_folder
from ablations.tracking.mlflow.store import open_store

STUDY = "moved study"
MODEL = "moved-gan"


def opened(folder: Path) -> Any:
    """As another process opens it: MLflow remembers for a run's id where its files are."""
    _artifact_repos_cache.clear()
    return open_store(f"sqlite:///{folder}/mlflow.db", STUDY, folder / "mlartifacts")


@pytest.fixture
def folder(store_uri: str, tmp_path: Path) -> Path:
    """With one run, its file, and a model that is registered; `store_uri` spares the migrations."""
    folder = tmp_path / "before"
    folder.mkdir()
    MlflowClient(store_uri, registry_uri=store_uri).search_experiments(max_results=1)  # made by whoever is first
    shutil.copy(store_uri.removeprefix("sqlite:///"), folder / "mlflow.db")
    store = opened(folder)
    run = store.client.create_run(store.experiment_id)
    store.client.log_text(run.info.run_id, "hello", "note.txt")
    store.client.create_logged_model(store.experiment_id, name="baseline", source_run_id=run.info.run_id)
    store.client.create_registered_model(MODEL)
    store.client.create_model_version(MODEL, run.info.artifact_uri, run_id=run.info.run_id, await_creation_for=0)
    return folder


def places(store: Any) -> list[str]:
    (run,) = store.client.search_runs([store.experiment_id])
    (model,) = store.client.search_logged_models([store.experiment_id])
    (version,) = store.client.search_model_versions(f"name = '{MODEL}'")
    experiment = store.client.get_experiment(store.experiment_id)
    return [experiment.artifact_location, run.info.artifact_uri, model.artifact_location, version.source]


def test_a_copy_has_its_own_files_and_leaves_the_original_alone(folder: Path, tmp_path: Path) -> None:
    before = places(opened(folder))
    assert all(place.startswith((folder / "mlartifacts").as_uri()) for place in before)
    copy = tmp_path / "after, with a blank"
    shutil.copytree(folder, copy)
    store = opened(copy)
    old, new = (path.joinpath("mlartifacts").as_uri() for path in (folder, copy))
    assert places(store) == [place.replace(old, new) for place in before]
    (run,) = store.client.search_runs([store.experiment_id])
    store.client.log_text(run.info.run_id, "there", "second.txt")
    assert len(list(copy.rglob("second.txt"))) == 1
    assert not list(folder.rglob("second.txt"))
    assert places(opened(folder)) == before
    shutil.rmtree(folder)
    assert sorted(f.path for f in store.client.list_artifacts(run.info.run_id)) == ["note.txt", "second.txt"]


def test_what_lies_elsewhere_stays_there(folder: Path, tmp_path: Path) -> None:
    store = opened(folder)
    other = store.client.create_experiment("other", artifact_location=(tmp_path / "before/mlartifacts2").as_uri())
    default = store.client.get_experiment("0").artifact_location
    moved = folder.rename(tmp_path / "after")
    assert follow_folder(f"sqlite:///{moved}/mlflow.db", STUDY, moved / "mlartifacts")
    assert not follow_folder(f"sqlite:///{moved}/mlflow.db", STUDY, moved / "mlartifacts")
    client = opened(moved).client
    assert client.get_experiment(other).artifact_location == (tmp_path / "before/mlartifacts2").as_uri()
    assert client.get_experiment("0").artifact_location == default
