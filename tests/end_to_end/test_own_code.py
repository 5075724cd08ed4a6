"""Plug-ins as a stranger writes them, from a study file to a leaderboard: here, in processes, killed, elsewhere."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from ablations.study.study import load_study
from ablations.workspace.trials import trials_of
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.cli.app import main
from gan_core.plugin_text import parts_of
from gan_core.plugins.loaded import entries, unload
from tests.ablations.command import ablations
from tests.ablations.tiny import BASELINE, story_of
from tests.own_code import METRIC, PAIR, TRICK

INLINE = ("--executor", "inline", "--threads", "1", "--offline", "--no-models", "--no-floors")


def study_file(folder: Path, **baseline: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in {"grey.py": TRICK, "spread.py": METRIC, "tutorial.py": PAIR}.items():
        (folder / name).write_text(text)
    content = {
        "question": "What do a trick and a tutorial's networks do?",
        "use": ["grey.py", "spread.py", "tutorial.py"],
        "design": "one-in",
        "seeds": 1,
        "baseline": {
            **BASELINE,
            "latent_dim": 8,
            "budget_kimg": 0.05,
            "metrics": ["fid", "spread"],
            "progress_metrics": ["fid"],
            **baseline,
        },
        "tricks": {"grey": {"grey": 0.3}, "tutorial": {"architecture": "tutorial"}},
    }
    path = folder / "mine.yaml"
    path.write_text(json.dumps(content, indent=1))
    return path


def forget() -> None:
    for entry in entries():
        unload(entry)


@pytest.mark.slow
def test_three_plug_ins_to_a_leaderboard(tmp_path: Path, own_home: Path) -> None:
    path, runs = study_file(tmp_path / "mine"), tmp_path / "runs"
    ran = ablations("run", path, "--runs", runs, *INLINE)
    assert ran.code == 0, ran.err
    page = (runs / "mine" / "report.html").read_text()
    assert "grey/size" in page or "size" in page
    for plugin in load_study(path).plugins:
        assert f"{plugin.name} {plugin.digest}" in page
    forget()
    for name in ("grey.py", "spread.py", "tutorial.py"):
        (tmp_path / "mine" / name).unlink()
    code = "import sys, ablations.__main__ as a; sys.argv[0] = 'ablations'; a.main(); print('torch' in sys.modules)"
    words = [sys.executable, "-c", code, "leaderboard", "mine", "--runs", str(runs)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "spread ↑" in done.stdout
    assert "with code of the study's own: grey.py " in " ".join(done.stdout.split())


@pytest.mark.slow
def test_killed_and_resumed_in_processes_is_the_same_as_inline(tmp_path: Path, own_home: Path) -> None:
    here, there = study_file(tmp_path / "a", budget_kimg=0.6), study_file(tmp_path / "b", budget_kimg=0.6)
    assert ablations("run", here, "--runs", tmp_path / "here", *INLINE).code == 0
    words = [sys.executable, "-m", "ablations", "run", "mine.yaml", "--runs", "runs", "--workers", "1"]
    words += ["--threads", "1", "--offline", "--no-models", "--no-floors"]
    trials = trials_of(load_study(here), tmp_path / "b" / "runs" / "mine")
    environment = {**os.environ, "GAN_ABLATIONS_HOME": str(own_home)}
    parent = subprocess.Popen(words, cwd=there.parent, env=environment, start_new_session=True)
    while parent.poll() is None and not any(len(journal.read(trial.directory)) > 3 for trial in trials):
        time.sleep(0.02)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    assert subprocess.run(words, cwd=there.parent, env=environment).returncode == 0
    for trial in trials:
        twin = tmp_path / "here" / "mine" / "trials" / trial.directory.name
        assert _numbers(trial.directory) == _numbers(twin)


def _numbers(directory: Path) -> list[dict[str, Any]]:
    return [event for event in story_of(directory) if event["kind"] in ("ticked", "evaluated")]


@pytest.mark.slow
def test_trained_elsewhere_and_adopted(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, runs, tar = study_file(tmp_path / "mine"), tmp_path / "runs", tmp_path / "t.tar"
    assert ablations("export", path, "--runs", runs, "--out", tar).code == 0
    forget()
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "another machine"))
    words = ["run", str(tar), "--out", str(tmp_path / "done"), "--workers", "1", "--threads", "1"]
    assert main(words) == 2
    assert main([*words, "--allow-code"]) == 0
    forget()
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "a third"))  # the study's folder came here as a copy
    refused = ablations("adopt", tmp_path / "done", "--runs", runs)
    assert refused.code == 2
    assert "this rests on code of its own, which would be run: grey.py" in refused.err
    assert ablations("adopt", tmp_path / "done", "--runs", runs, "--allow-code").code == 0
    client = MlflowClient(Workspace(runs / "mine").mlflow_uri)
    sent = [run for each in client.search_experiments() for run in client.search_runs([each.experiment_id])]
    trials = [run for run in sent if "use" in run.data.tags]
    assert len(trials) == 3
    for run in trials:
        for entry in run.data.tags["use"].split(", "):
            name, digest = parts_of(entry)
            assert [kept.path for kept in client.list_artifacts(run.info.run_id, f"code/{digest}")] == [
                f"code/{digest}/{name}"
            ]
    verified = ablations("verify", "grey", "--seed", "0", "--study", "mine", "--runs", runs)
    assert verified.code == 0, verified.out
