"""Runs that were deleted in MLflow's UI come back with `sync`."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.ablations.command import ablations
from tests.ablations.tiny import write_study


@pytest.mark.slow
def test_deleted_runs_are_sent_again(tmp_path: Path) -> None:
    """The trials' and their parent; a second `sync` adds nothing."""
    ran = ablations("run", write_study(tmp_path), "--runs", tmp_path / "runs")
    assert ran.code == 0, ran.err
    client = MlflowClient(f"sqlite:///{tmp_path}/runs/tiny/mlflow.db")
    experiment = client.get_experiment_by_name("tiny").experiment_id
    before = client.search_runs([experiment])
    for run in before:
        client.delete_run(run.info.run_id)
    for _ in range(2):
        sent = ablations("sync", tmp_path / "runs" / "tiny")
        assert (sent.code, sent.err) == (0, "")
        runs = client.search_runs([experiment])
        assert sorted(run.info.run_name for run in runs) == sorted(run.info.run_name for run in before)
        assert {run.info.status for run in runs} == {"FINISHED"}
