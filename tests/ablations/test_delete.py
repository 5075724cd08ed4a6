"""A study is deleted everywhere, what is others' stays, and a study of the same name can begin anew."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType

from ablations.results.results import read_results
from ablations.study.study import load_study
from ablations.tracking.mlflow.store import open_store
from ablations.workspace.opening import open_workspace
from ablations.workspace.trials import trials_of
from gan_core.machine.files import exclusive
from tests.ablations.command import Outcome, ablations, tree
from tests.ablations.journals import story, write
from tests.ablations.tiny import write_study
from tests.ablations.tracking.serving import Server

WEIGHTS = "last.safetensors"
QUICK = {"budget_kimg": 0.1, "progress_evaluations": 1, "progress_samples": 20, "full_samples": 20}


class Place:
    """A folder with studies in it, of one study file."""

    def __init__(self, folder: Path, home: Path, **baseline: Any) -> None:
        self.folder, self.runs = folder, folder / "runs"
        self.file = write_study(folder, **{**QUICK, **baseline})

    def run(self, name: str, *words: object) -> Outcome:
        options = ("--as", name, "--executor", "inline", "--threads", 1, "--no-floors", "--no-report")
        outcome = ablations("run", self.file, "--runs", self.runs, *options, *words)
        assert outcome.code == 0, outcome.err
        return outcome

    def write(self, name: str) -> None:
        """A study that was trained offline, with made-up journals."""
        study = load_study(self.file, name)
        with open_workspace(study, self.runs) as workspace:
            for trial in trials_of(study, workspace.root):
                trial.write_record("c0de")
                write(trial, list(story(trial, 7.0)))

    def delete(self, name: str, *words: object) -> Outcome:
        return ablations("delete", name, "--runs", self.runs, *words)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("ABLATIONS_STORAGE", raising=False)
    monkeypatch.setattr("gan_core.workers.unattended.draw_run", lambda *_: None)  # the slowest part of a tiny run


def test_the_folder_goes_and_what_another_took_over_stays(tmp_path: Path, home: Path) -> None:
    place = Place(tmp_path, home, extractor="none")
    place.run("first", "--offline")
    place.run("second", "--offline")
    taken, _ = (place.runs / "second" / "trials").iterdir()
    assert (taken / WEIGHTS).stat().st_nlink == 2
    weights, result = (taken / WEIGHTS).read_bytes(), read_results(place.runs / "second")
    elsewhere = tree(place.runs / "second")
    outcome = place.delete("first", "--yes")
    assert outcome.code == 0, outcome.err
    assert "2 trials" in outcome.out
    assert "stays:       what other studies took over from it (second)" in outcome.out
    assert tree(place.runs) == {"second", *(f"second/{path}" for path in elsewhere)}
    assert (taken / WEIGHTS).read_bytes() == weights
    assert read_results(place.runs / "second") == result
    assert place.delete("first", "--yes").code == 2  # there is none


def test_nothing_without_a_question_that_can_be_asked(tmp_path: Path, home: Path) -> None:
    place = Place(tmp_path, home, extractor="none")
    place.write("asked")
    before = tree(place.runs)
    refused = place.delete("asked")
    assert refused.code == 2
    assert "there is no terminal to ask on" in refused.err
    assert "--yes" in refused.err
    assert tree(place.runs) == before


def test_a_folder_on_another_disk_goes_with_the_link_to_it(tmp_path: Path, home: Path) -> None:
    place = Place(tmp_path, home, extractor="none")
    place.write("linked")
    (tmp_path / "disk").mkdir()
    (place.runs / "linked").rename(tmp_path / "disk" / "other_name")
    (place.runs / "linked").symlink_to(tmp_path / "disk" / "other_name")
    outcome = place.delete("linked", "--yes")
    assert outcome.code == 0, outcome.err
    assert "study linked is deleted" in outcome.out
    assert (tree(place.runs), tree(tmp_path / "disk")) == (set(), set())


@pytest.mark.slow
def test_asks_first(tmp_path: Path, home: Path) -> None:
    place = Place(tmp_path, home, extractor="none")
    place.write("asked")
    before = tree(place.runs)
    assert _on_a_terminal(place, b"n\n") == 1
    assert tree(place.runs) == before
    assert _on_a_terminal(place, b"y\n") == 0
    assert tree(place.runs) == set()


def _on_a_terminal(place: Place, answer: bytes) -> int:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ablations", "delete", "asked", "--runs", str(place.runs)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True) as child:
        os.write(ours, answer)
        child.wait(60)
        os.close(theirs)
        os.close(ours)
    return child.returncode


def test_not_while_it_runs(tmp_path: Path, home: Path) -> None:
    place = Place(tmp_path, home, extractor="none")
    place.write("busy")
    before = tree(place.runs)
    with exclusive(place.runs / "busy" / ".lock", "study busy"):
        refused = place.delete("busy", "--yes")
    assert refused.code == 2
    assert "is at work in another process" in refused.err
    assert tree(place.runs) == before


def test_a_storage_elsewhere_loses_this_study_alone(tmp_path: Path, home: Path) -> None:
    place = Place(tmp_path, home, extractor="none")
    storage = f"sqlite:///{tmp_path}/team.db"
    optuna.create_study(storage=storage, study_name="kept")
    place.run("gone", "--offline", "--storage", storage)
    assert "its Optuna ledger is not in the folder" in place.delete("gone").err
    outcome = place.delete("gone", "--storage", storage, "--yes")
    assert outcome.code == 0, outcome.err
    assert "study 'gone', 2 trials" in outcome.out
    assert optuna.get_all_study_names(storage) == ["kept"]


@pytest.mark.slow
def test_a_store_that_only_a_copy_tells_of_is_left_alone(tmp_path: Path, home: Path) -> None:
    """A copied folder's records name the store of the original."""
    place = Place(tmp_path, home, extractor="none")
    place.run("original")
    subprocess.run(["cp", "-r", str(place.runs / "original"), str(place.runs / "copy")], check=True)
    outcome = place.delete("copy", "--yes")
    assert outcome.code == 0, outcome.err
    client = MlflowClient(f"sqlite:///{place.runs}/original/mlflow.db")
    experiment = client.get_experiment_by_name("original")
    assert len(client.search_runs([experiment.experiment_id])) == 3
    embedded = place.delete("original", "--yes")
    assert "with its MLflow store: 3 runs, 0 logged models, 0 registered versions" in embedded.out
    assert tree(place.runs) == set()


@pytest.fixture(
    params=[pytest.param("database", marks=pytest.mark.slow), pytest.param("server", marks=pytest.mark.server)]
)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store that others use too."""
    if request.param == "database":
        yield f"sqlite:///{tmp_path}/team.db"
        return
    server = Server(tmp_path / "server")
    server.start()
    yield server.address
    server.kill()


@pytest.mark.timeout(240)
def test_a_shared_store_loses_this_study_and_nothing_else(
    shared: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, execution_count: Callable[..., int]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", shared)
    place = Place(tmp_path, home)
    place.run("gone", "--register", "gan")
    place.run("kept", "--register", "gan")
    client = MlflowClient(shared, registry_uri=shared)
    foreign = client.create_run(client.get_experiment_by_name("gone").experiment_id)
    assert len(client.search_model_versions("name = 'gan'")) == 4
    if shared.startswith("http"):
        monkeypatch.delenv("MLFLOW_TRACKING_URI")  # the folder tells of the server
    outcome = place.delete("gone", "--yes")
    assert outcome.code == 0, outcome.err
    assert "1 executions and 2 trials, 2 logged models, gan 1, gan 2" in outcome.out
    assert "1 runs of others" in outcome.out
    experiment = client.get_experiment_by_name("gone")
    assert [run.info.run_id for run in client.search_runs([experiment.experiment_id])] == [foreign.info.run_id]
    assert client.search_logged_models([experiment.experiment_id]) == []
    assert [version.tags["study"] for version in client.search_model_versions("name = 'gan'")] == ["kept", "kept"]
    assert execution_count(client, "kept") == 1
    monkeypatch.setenv("MLFLOW_TRACKING_URI", shared)
    place.run("gone", "--retrain")  # beside the others' run
    client.delete_run(foreign.info.run_id)
    assert place.delete("gone", "--yes").code == 0
    assert client.get_experiment_by_name("gone") is None  # the name is free
    place.run("gone", "--retrain")
    assert execution_count(client, "gone") == 1
    assert open_store(shared, "gone", None).experiment_id != experiment.experiment_id
    assert place.delete("kept", "--yes").code == 0
    assert client.search_registered_models() == []  # we had made it, and it was empty


def test_two_people_with_one_study_on_one_server(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has runs and a ledger; deleting takes one's own."""
    storage = f"sqlite:///{tmp_path}/optuna.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/team.db")
    monkeypatch.setenv("ABLATIONS_STORAGE", storage)
    client = MlflowClient(f"sqlite:///{tmp_path}/team.db")
    places = []
    for person in ("alice", "bob"):
        (tmp_path / person).mkdir()
        places.append(Place(tmp_path / person, home, extractor="none"))
        said = places[-1].run("one", "--no-models").err
        assert ("belongs to another folder" in said) == (person == "bob")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    first = client.get_experiment_by_name("one").experiment_id
    assert sum("arm" in run.data.params for run in client.search_runs(experiments)) == 4
    assert len(optuna.get_all_study_names(storage)) == 2
    before = {run.info.run_id for run in client.search_runs([first])}
    assert places[1].delete("one", "--yes").code == 0
    assert {run.info.run_id for run in client.search_runs(experiments)} == before
    assert optuna.get_all_study_names(storage) == ["one"]
    assert len(optuna.load_study(storage=storage, study_name="one").get_trials()) == 2


@pytest.fixture
def execution_count() -> Callable[..., int]:
    def count(client: Any, name: str) -> int:
        experiment = client.get_experiment_by_name(name).experiment_id
        runs = client.search_runs([experiment], run_view_type=ViewType.ACTIVE_ONLY)
        trials = sum("arm" in run.data.params for run in runs)
        assert trials == 2
        return len(runs) - trials

    return count


def test_a_server_that_is_away_stops_it_unless_told(tmp_path: Path, home: Path) -> None:
    place = Place(tmp_path, home, extractor="none")
    place.write("away")
    before = tree(place.runs)
    refused = place.delete("away", "--yes", "--tracking-uri", "http://127.0.0.1:9")
    assert refused.code == 2
    assert "does not answer" in refused.err
    assert tree(place.runs) == before
    assert place.delete("away", "--yes", "--local", "--tracking-uri", "http://127.0.0.1:9").code == 0
    assert tree(place.runs) == set()
