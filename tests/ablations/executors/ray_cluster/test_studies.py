"""Whole studies on a cluster, by the command line of a user, leave what they leave on this machine alone."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest

from ablations.workspace.looks_taken import read_looks_taken
from tests.ablations.executors.ray_cluster.small_ray import ROOT, SmallRay, on_the_way, small_ray
from tests.ablations.executors.ray_cluster.test_ray_cluster import bytes_of
from tests.ablations.tiny import BASELINE, story_of

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
HERE = ("--executor", "processes", "--threads", "1")


@pytest.fixture(scope="module")
def cluster() -> Iterator[SmallRay]:
    with small_ray({"num_cpus": 1}, {"num_cpus": 1}, {"num_cpus": 1}) as running:
        yield running


def run(study: Path, runs: Path, *options: str) -> Path:
    """Run the study; its folder."""
    words = [sys.executable, "-m", "ablations", "run", str(study), "--runs", str(runs), "--no-report", "--no-floors"]
    done = subprocess.run([*words, *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return runs / study.stem


def assert_the_same(root: Path, other: Path) -> None:
    """Journals times apart, weights and pictures to the last byte; Optuna has each trial once."""
    names = sorted(path.name for path in (other / "trials").iterdir())
    assert names == sorted(path.name for path in (root / "trials").iterdir())
    for name in names:
        ours, theirs = root / "trials" / name, other / "trials" / name
        assert story_of(ours) == story_of(theirs)
        assert bytes_of(ours) == bytes_of(theirs) != {}
    storage = f"sqlite:///{root / 'optuna.db'}"
    entries = optuna.load_study(study_name=root.name, storage=storage).get_trials()
    told = {(entry.user_attrs["arm"], entry.params["seed"]) for entry in entries if entry.state.name == "COMPLETE"}
    assert len(told) == len(entries) == len(names)


def test_the_smoke_study(cluster: SmallRay, tmp_path: Path) -> None:
    study = ROOT / "studies" / "smoke.yaml"
    there = run(study, tmp_path / "there", "--executor", "ray", "--ray-address", cluster.address)
    assert_the_same(there, run(study, tmp_path / "here", *HERE))
    assert on_the_way(there / "exchange") == []


def test_a_study_with_looks_whose_files_travel_by_a_uri(cluster: SmallRay, tmp_path: Path) -> None:
    content: dict[str, Any] = {
        "question": "Does it work?",
        "design": "one-in",
        "seeds": {"looks": [2, 3, 5], "stop": "decided"},
        "baseline": BASELINE,
        "tricks": {"broken": {"lr_g": 1e-9, "lr_d": 0.05}, "ttur": {"lr_d": 8e-4}},
    }
    study = tmp_path / "looks.yaml"
    study.write_text(json.dumps(content))
    files = ("--files", f"file://{tmp_path}/bucket", "--offline")
    there = run(study, tmp_path / "there", "--executor", "ray", "--ray-address", cluster.address, *files)
    here = run(study, tmp_path / "here", *HERE, "--offline")
    assert_the_same(there, here)
    looks = [[look.model_dump(exclude={"time"}) for look in read_looks_taken(root)] for root in (here, there)]
    assert looks[0] == looks[1]
    assert len(looks[0]) >= 2
    assert not (there / "exchange").exists()
    assert (tmp_path / "bucket").is_dir()
    assert on_the_way(tmp_path / "bucket") == []
