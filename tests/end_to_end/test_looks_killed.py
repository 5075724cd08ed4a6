"""A real study with looks whose parent is killed within a look and between two: the same looks, verdicts and stops."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from ablations.leaderboard.source import from_folders
from ablations.results.results import read_results
from ablations.workspace.looks_taken import NAME, read_looks_taken
from tests.ablations.tiny import BASELINE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FILE = {
    "question": "q",
    "design": "one-in",
    "seeds": {"looks": [5, 6, 8], "stop": "decided"},
    "baseline": BASELINE,
    # "broken" never learns, which two more looks are not needed for; "same" changes next to nothing
    "tricks": {"broken": {"lr_g": 1e-9, "lr_d": 0.05}, "same": {"lr_d": 2.01e-4}, "ttur": {"lr_d": 8e-4}},
}
Ended = Callable[[int, int], bool]  # of finished trials and looks


def execution(folder: Path, home: Path, kill: Ended | None) -> int:
    """Run the study; kill its process once `kill` says so. 0: it came to its end."""
    words = ["run", "looked.yaml", "--runs", ".", "--workers", "1", "--threads", "1", "--no-floors", "--no-report"]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    environment["GAN_ABLATIONS_HOME"] = str(home)
    command = [sys.executable, "-m", "ablations", *words]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as parent:
        while kill is not None and parent.poll() is None:
            texts = [path.read_bytes() for path in folder.glob("looked/trials/*/events.jsonl")]
            looks = folder / "looked" / NAME
            taken = len(json.loads(looks.read_text())["looks"]) if looks.exists() else 0
            if kill(sum(b'"finished"' in text for text in texts), taken):
                parent.kill()
                break
            time.sleep(0.01)
        return parent.wait(600)


def outcome(root: Path) -> dict[str, Any]:
    """What must not depend on interruptions."""
    (table,) = from_folders([root]).leaderboard().tables
    return {
        "looks": [look.model_dump(exclude={"time"}) for look in read_looks_taken(root)],
        "runs": {(result.arm, result.seed): result.status for result in read_results(root)},
        "verdicts": {row.arm: (row.verdict, row.reason, row.fid) for row in table.rows},
    }


def test_killed_within_a_look_and_between_two(tmp_path: Path, home: Path) -> None:
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "looked.yaml").write_text(json.dumps(FILE, indent=1))
    assert execution(tmp_path / "whole", home, None) == 0
    within: Ended = lambda finished, looks: finished == 9  # noqa: E731
    between: Ended = lambda finished, looks: looks == 1  # noqa: E731
    for kill in (within, between):
        assert execution(tmp_path / "parts", home, kill) == -signal.SIGKILL
    assert execution(tmp_path / "parts", home, None) == 0
    roots = [tmp_path / name / "looked" for name in ("whole", "parts")]
    whole, parts = map(outcome, roots)
    assert whole == parts
    assert len(whole["looks"]) >= 2
    assert whole["verdicts"]["broken"][0] == "hurts"
    assert (("broken", 7) in whole["runs"], ("baseline", 5) in whole["runs"]) == (False, True)
    for root in roots:
        ledger = optuna.load_study(study_name="looked", storage=f"sqlite:///{root / 'optuna.db'}")
        complete = [trial for trial in ledger.trials if trial.state.name == "COMPLETE"]
        assert len(complete) == len({(t.user_attrs["arm"], t.params["seed"]) for t in complete}) == len(whole["runs"])
