"""A real search whose parent is killed twice: as many arms as asked for, their confirmation, and all records agree."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import optuna
import pytest

from ablations.results.results import read_results
from ablations.workspace.explored import NAME, read_explored
from tests.ablations.search.searches import TRICKS
from tests.ablations.tiny import BASELINE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FILE = {
    "question": "q",
    "design": "search",
    "explore": {"arms": 5, "seeds": 2},
    "confirm": {"best": 2, "seeds": 2},
    "baseline": {**BASELINE, "budget_kimg": 0.6},
    "tricks": TRICKS,
    "space": {"instance_noise.sigma": {"low": 0.01, "high": 0.5, "log": True}},
}


def execution(folder: Path, home: Path, kill_at: int) -> int:
    """Run the study; kill its process in the middle of a trial once so many have finished. 0: to the end."""
    words = ["run", "hunt.yaml", "--runs", ".", "--workers", "1", "--threads", "1", "--no-floors"]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    environment["GAN_ABLATIONS_HOME"] = str(home)
    command = [sys.executable, "-m", "ablations", *words]
    journals = "hunt/trials/*/events.jsonl"
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as parent:
        while kill_at and parent.poll() is None:
            texts = [path.read_bytes() for path in folder.glob(journals)]
            ended = [b'"finished"' in text for text in texts]
            if sum(ended) >= kill_at and any(b'"ticked"' in t for t, end in zip(texts, ended, strict=True) if not end):
                parent.kill()
                break
            time.sleep(0.01)
        return parent.wait(600)


def test_killed_twice(tmp_path: Path, home: Path) -> None:
    (tmp_path / "hunt.yaml").write_text(json.dumps(FILE, indent=1))
    root, records = tmp_path / "hunt", []
    for kill_at in (2, 4):
        assert execution(tmp_path, home, kill_at) == -signal.SIGKILL
        records.append(read_explored(root).suggestions)
    assert execution(tmp_path, home, 0) == 0

    explored = read_explored(root)
    for record in records:
        assert explored.suggestions[: len(record)] == record
    results = {(result.arm, result.seed): result for result in read_results(root)}
    assert {result.status for result in results.values()} == {"finished"}
    assert len({result.arm for result in results.values() if result.stage == "explore"}) == 5
    assert explored.chosen is not None
    confirmed = {key for key, result in results.items() if result.stage == "confirm"}
    assert confirmed == {(arm, seed) for arm in ("baseline", *explored.chosen) for seed in (0, 1)}

    scores = {key: s.value for key, r in results.items() if (s := r.score("fid", "best")) is not None}
    told = {}
    for study in ("hunt", "hunt-confirm"):
        for entry in optuna.load_study(study_name=study, storage=f"sqlite:///{root / 'optuna.db'}").get_trials():
            if entry.state.name == "COMPLETE":
                key = (entry.user_attrs["arm"], {**entry.params, **entry.user_attrs}["seed"])
                assert key not in told
                told[key] = entry.value
    assert told == scores
    with closing(sqlite3.connect(root / "mlflow.db")) as database:
        shipped = database.execute("select run_uuid, value from metrics where key = 'fid_best'").fetchall()
    by_run = {result.run_id: scores[key] for key, result in results.items()}
    assert sorted(shipped) == sorted(by_run.items())
    assert (root / NAME).exists()
