"""A search that was made offline is sent later: every trial of both stages once; the same leaderboard from there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest

from ablations.leaderboard import json_of
from ablations.leaderboard.source import from_folders
from ablations.study.study import load_study
from ablations.tracking.mlflow.results import from_mlflow
from ablations.tracking.params import trial_params
from ablations.tracking.tracker import Offline
from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent, Sampled
from tests.ablations.command import ablations
from tests.ablations.search.searches import SearchSession, Trainer, run_search, write_search
from tests.ablations.tracking.conftest import Place

RANGE = {"lr_d": {"low": 1e-4, "high": 1e-2, "log": True}}


class Pictureless(Trainer):
    """Tells of no pictures, since it draws none."""

    def events(self, trial: Trial) -> Iterator[AnyEvent]:
        return (event for event in super().events(trial) if not isinstance(event, Sampled))


class OfflineSession(SearchSession):
    """Its trials are made up, its execution is written down."""

    def _tracker(self) -> Any:
        return Offline()


@pytest.mark.parametrize("parts", [pytest.param({}, marks=pytest.mark.slow), {"space": RANGE}])
def test_every_trial_once(
    store_uri: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any]
) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(store_uri, registry_uri=store_uri)
    place = Place(store_uri, f"searched-{len(parts)}", tmp_path / "files", client)
    monkeypatch.setattr("ablations.execution.session.Session", OfflineSession)
    monkeypatch.setattr(OfflineSession, "kept", optuna.storages.InMemoryStorage())
    path = write_search(tmp_path, {"sampler": "random", "arms": 2}, **parts)
    place.client.create_experiment(place.experiment, artifact_location=place.artifacts.as_uri())
    study, runs = load_study(path, place.experiment), tmp_path / "runs"
    run_search(study, runs, home, stop_after=30, trainer=Pictureless, offline=True)  # stopped on the way
    session = run_search(study, runs, home, trainer=Pictureless, offline=True)
    assert session.progress.is_done
    root = runs / place.experiment

    sent = ablations("sync", root, "--tracking-uri", place.uri)
    assert sent.code == 0, sent.err
    found = place.client.get_experiment_by_name(place.experiment)
    runs_there = place.client.search_runs([found.experiment_id])
    ours = {run.info.run_name: run for run in runs_there if "arm" in run.data.params}
    assert set(ours) == {trial.name for trial in session.trials}
    assert len(runs_there) == len(session.trials) + 2  # and the two executions
    for trial in session.trials:
        run = ours[trial.name]
        assert (run.info.status, run.data.params["stage"]) == ("FINISHED", trial.stage)
        told = trial_params([trial])[trial.name]  # as a search that is tracked sends them, when it suggests one
        assert told.items() <= run.data.params.items()
    stored, kept = from_mlflow(place.uri, [place.experiment]), from_folders([root])
    assert json_of(stored.leaderboard()) == json_of(kept.leaderboard())
    assert stored.leaderboard().tables[0].explored

    again = ablations("sync", root, "--tracking-uri", place.uri)
    assert f"{len(session.trials) + 2} known to be there" in again.out
    after = place.client.search_runs([found.experiment_id])
    assert {run.info.run_id for run in after} == {run.info.run_id for run in runs_there}
    for run in runs_there:
        assert place.history(run) == place.history(place.client.get_run(run.info.run_id))
