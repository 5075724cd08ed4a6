"""Trials trained where neither the platform nor anything that only it needs is installed: the same leaderboard."""

import csv
import os
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gan_core import journal
from gan_core.events import Finished
from gan_core.workers.exported import read_trials, write_trials
from tests.ablations.bare import declared, make_environment
from tests.ablations.command import ablations, tree
from tests.ablations.tiny import story_of, write_study

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLATFORM = ("ablations", "mlflow", "optuna", "typer", "rich", "pandas", "statsmodels", "sqlalchemy", "ruamel", "psutil")
TIMES = re.compile(r"(seconds|share|run_ids)")  # in the names of the CSV's columns: what depends on when and where
HERE = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--no-floors", "--no-report")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("bare") / "env")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two arms and two seeds, trained in place."""
    folder = tmp_path_factory.mktemp("in_place")
    study = write_study(folder, seeds=2, budget_kimg=0.6)
    assert ablations("run", study, *HERE, "--runs", folder / "here").code == 0
    return folder


def command(python: Path, folder: Path) -> list[str]:
    """The command over there, for the trials in `folder`."""
    words = ["run", "trials.tar", "--out", "done", "--workers", "2", "--threads", "1", "--device", "cpu"]
    return [str(python), "-m", "gan_core", *words, "--home", str(folder / "prepared")]


def environment(folder: Path) -> dict[str, str]:
    """Of a process that knows nothing of this machine's Python."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "OMP_NUM_THREADS": "1"}


def train(python: Path, folder: Path) -> str:
    ran = subprocess.run(
        command(python, folder), cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def train_until_killed(python: Path, folder: Path) -> None:
    """SIGKILL, for all its processes at once, when one trial is done and another has made some way."""
    with subprocess.Popen(
        command(python, folder), cwd=folder, env=environment(folder), start_new_session=True, stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            events = [journal.read(path.parent) for path in (folder / "done").glob(f"*/{journal.NAME}")]
            ended = [isinstance(own[-1], Finished) for own in events if own]
            if any(ended) and not all(ended):
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.005)
    assert process.returncode == -signal.SIGKILL


def table(runs: Path) -> list[dict[str, str]]:
    """The leaderboard's CSV, but for times."""
    with open(runs / "tiny" / "leaderboard.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["seeds_finished"] for row in rows] == ["2", "2"]
    return [{name: value for name, value in row.items() if not TIMES.search(name)} for row in rows]


def entries(runs: Path) -> dict[str, int]:
    """Finished trials in Optuna, and trials in MLflow."""
    counts = {}
    for name, question in (
        ("optuna", "select count(*) from trials where state = 'COMPLETE'"),
        ("mlflow", "select count(distinct run_uuid) from metrics where key = 'fid_best'"),
    ):
        with closing(sqlite3.connect(runs / "tiny" / f"{name}.db")) as db:
            (counts[name],) = db.execute(question).fetchone()
    return counts


def story(trial: Path) -> list[dict[str, Any]]:
    """Its events, but for times and for which packages are installed: there, ours is not."""
    return [{key: value for key, value in event.items() if key != "versions"} for event in story_of(trial)]


def assert_as_in_place(folder: Path, runs: Path) -> None:
    assert table(runs) == table(folder / "here")
    for trial in (folder / "here" / "tiny" / "trials").iterdir():
        assert story(trial) == story(runs / "tiny" / "trials" / trial.name)
    assert entries(runs) == {"optuna": 4, "mlflow": 4}


def test_it_is_bare(python: Path, tmp_path: Path) -> None:
    code = f"from importlib.util import find_spec; print(*(n for n in {PLATFORM} if find_spec(n)))"
    found = subprocess.run(
        [python, "-c", code], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
    assert not {requirement.name for requirement in declared()} & set(PLATFORM)


def test_killed_resumed_and_adopted_once(python: Path, folder: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert ablations("export", folder / "tiny.yaml", "--out", tmp_path / "trials.tar", "--runs", runs).code == 0
    train_until_killed(python, tmp_path)
    partly = ablations("adopt", tmp_path / "done", "--runs", runs)
    assert partly.code == 0, partly.err
    assert "without a result: " in partly.out
    assert "4 of 4 trials have a result" in train(python, tmp_path)
    rest = ablations("adopt", tmp_path / "done", "--runs", runs)
    assert rest.code == 0, rest.err
    assert_as_in_place(folder, runs)

    before = {path: (runs / path).read_bytes() for path in tree(runs) if path.endswith((".jsonl", ".csv", ".json"))}
    assert "0 trials taken in, 4 there already" in ablations("adopt", tmp_path / "done", "--runs", runs).out
    assert {path: (runs / path).read_bytes() for path in before} == before
    assert entries(runs) == {"optuna": 4, "mlflow": 4}


def test_half_there_then_the_rest_here(python: Path, folder: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    ablations("export", folder / "tiny.yaml", "--out", tmp_path / "all.tar", "--runs", runs)
    write_trials(tmp_path / "trials.tar", read_trials(tmp_path / "all.tar")[1:3])
    assert "2 of 2 trials have a result" in train(python, tmp_path)
    assert "2 trials taken in" in ablations("adopt", tmp_path / "done", "--runs", runs).out
    here = ablations("run", folder / "tiny.yaml", *HERE, "--runs", runs)
    assert here.code == 0, here.err
    assert_as_in_place(folder, runs)


def test_half_here_then_the_rest_there(python: Path, folder: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert ablations("run", folder / "tiny.yaml", *HERE, "--seeds", 1, "--runs", runs).code == 0
    exported = ablations("export", folder / "tiny.yaml", "--out", tmp_path / "trials.tar", "--runs", runs)
    assert "2 trials of study tiny" in exported.out
    train(python, tmp_path)
    assert "2 trials taken in" in ablations("adopt", tmp_path / "done", "--runs", runs).out
    assert_as_in_place(folder, runs)
