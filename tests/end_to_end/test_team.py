"""Two studies by two processes on one server, with PostgreSQL restarted in the middle."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from ablations.server.settings import ServerSettings
from ablations.tracking.points import points_of
from gan_core import journal
from tests.ablations.server.conftest import CLIENT
from tests.ablations.server.postgres import Postgres
from tests.ablations.tiny import write_study

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
NAMES = ("first", "second")


def run_command(folder: Path, name: str, storage: str) -> list[str]:
    study = write_study(folder, seeds=3, budget_kimg=1.0)
    where = ["--as", name, "--runs", str(folder / "runs"), "--workers", "1", "--threads", "1", "--storage", storage]
    return [sys.executable, "-m", "ablations", "run", str(study), *where]


def wait_for_results(folder: Path) -> None:
    deadline = time.monotonic() + 120
    while not any(folder.glob("runs/*/trials/*/events.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def points_there(client: Any, run: Any) -> dict[str, Counter[int]]:
    """Metric -> how often each step is there."""
    names = [name for name in run.data.metrics if not name.startswith("system/")]
    return {name: Counter(m.step for m in client.get_metric_history(run.info.run_id, name)) for name in names}


def test_two_studies_at_once_and_a_restart(postgres: Postgres, mlflow_server: str, tmp_path: Path) -> None:
    import optuna
    from mlflow import MlflowClient

    storage = ServerSettings(tmp_path, postgres.address).optuna_uri
    environment = {**os.environ, **CLIENT, "MLFLOW_TRACKING_URI": mlflow_server}
    children = []
    for name in NAMES:
        folder = tmp_path / name
        folder.mkdir()
        log = (folder / "log").open("w")
        command = run_command(folder, name, storage)
        children.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
    for name in NAMES:
        wait_for_results(tmp_path / name)
    postgres.stop()
    time.sleep(3)
    postgres.start()
    for child in children:
        child.wait(240)
    for name in NAMES:  # once more: what could not be entered while the database was away
        command = run_command(tmp_path / name, name, storage)
        again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
        assert again.returncode == 0, again.stderr + (tmp_path / name / "log").read_text()
    with patch.dict(os.environ, CLIENT):
        client = MlflowClient(mlflow_server, registry_uri=mlflow_server)
        for name in NAMES:
            experiment = client.get_experiment_by_name(name)
            runs = {r.info.run_name: r for r in client.search_runs([experiment.experiment_id]) if "arm" in r.data.tags}
            trials = sorted((tmp_path / name / "runs" / name / "trials").iterdir())
            assert len(runs) == len(trials) == 6
            for directory in trials:
                run = runs[directory.name.rsplit("-", 1)[0]]
                assert run.info.status == "FINISHED"
                there = points_there(client, run)
                expected: dict[str, Counter[int]] = {}
                for point in points_of(journal.read(directory), 1.0):
                    expected.setdefault(point.name, Counter())[point.step] += 1
                assert {key: there[key] for key in expected} == expected
            ledger = optuna.load_study(study_name=name, storage=storage)
            assert Counter(t.state.name for t in ledger.trials) == {"COMPLETE": 6}


def test_a_foreign_host_and_no_account_are_refused(mlflow_server: str) -> None:
    import urllib.error
    import urllib.request

    question = f"{mlflow_server}/api/2.0/mlflow/experiments/search?max_results=1"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(question, headers={"Host": "evil.example.org"}))
    assert caught.value.code == 403
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(question)
    assert caught.value.code == 401
    allowed = urllib.request.Request(question, headers={"Host": "mlflow:5000"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(allowed)
    assert caught.value.code == 401, "the name of the compose network is let in as far as the account"
