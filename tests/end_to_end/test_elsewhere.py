"""Trials trained elsewhere: exported, trained by gan_core alone, adopted; the same as trained in place."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

from ablations.adopt import STAGING
from ablations.workspace.trial_record import RECORD
from gan_core import journal
from gan_core.cli.app import main
from gan_core.events import Sampled
from gan_core.workers.exported import read_trials
from tests.ablations.command import ablations, tree
from tests.ablations.tiny import story_of, write_study

FOREIGN = ("mlflow", "optuna", "typer", "rich", "pandas", "ablations", "sqlalchemy")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study exported, and its two trials trained by gan_core alone, in a process of its own, under `done`."""
    folder = tmp_path_factory.mktemp("elsewhere")
    study = write_study(folder)
    exported = ablations("export", study, "--out", folder / "trials.tar", "--runs", folder / "runs")
    assert (exported.code, exported.err) == (0, "")
    assert "2 trials of study tiny" in exported.out
    code = (
        "import sys\nfrom gan_core.cli.app import main\n"
        "if __name__ == '__main__':\n"
        "    code = main(sys.argv[1:])\n"
        f"    print('foreign:', *({{n.partition('.')[0] for n in sys.modules}} & set({FOREIGN})))\n"
        "    sys.exit(code)\n"
    )
    (folder / "program.py").write_text(code)
    words = ["run", folder / "trials.tar", "--out", folder / "done", "--workers", 2, "--threads", 1, "--device", "cpu"]
    ran = subprocess.run([sys.executable, folder / "program.py", *map(str, words)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "2 of 2 trials have a result" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "foreign:"
    return folder


def fresh(folder: Path, tmp_path: Path) -> Path:
    """The exported study's folder as it was before anything was adopted, under `tmp_path`."""
    ablations("export", folder / "tiny.yaml", "--out", tmp_path / "t.tar", "--runs", tmp_path / "runs")
    return tmp_path / "runs"


def scores(runs: Path) -> list[dict[str, str]]:
    """The leaderboard without what depends on when and where it was trained."""
    with open(runs / "tiny" / "leaderboard.csv") as file:
        rows = list(csv.DictReader(file))
    times = {name for name in rows[0] if name.endswith("_s") or "second" in name or "run" in name or "share" in name}
    return [{name: value for name, value in row.items() if name not in times} for row in rows]


def test_a_folder_as_in_place(folder: Path) -> None:
    trial = next((folder / "done").glob("ttur-*"))
    names = tree(trial)
    assert {RECORD, journal.NAME, "checkpoint.pt", "best.safetensors", "last.safetensors", "show/fresh.png"} <= names
    assert any(name.startswith("grids/") for name in names)
    (again,) = [t for t in read_trials(folder / "trials.tar") if t.name == trial.name]
    assert json.loads((trial / RECORD).read_text()) == {**again.record, "code": again.code}


@pytest.mark.slow
def test_the_same_leaderboard_as_trained_in_place_and_once(folder: Path, tmp_path: Path) -> None:
    runs = fresh(folder, tmp_path)
    first = ablations("adopt", folder / "done", "--runs", runs)
    assert first.code == 0, first.err
    assert "2 trials taken in, 0 there already" in first.out
    before = {path: (runs / path).read_bytes() for path in tree(runs) if path.endswith((".jsonl", ".csv", ".json"))}
    counts = entries(runs)
    assert counts == {"optuna": 2, "mlflow": 3}  # two trials, and the execution that they belong to
    second = ablations("adopt", folder / "done", "--runs", runs)
    assert "0 trials taken in, 2 there already" in second.out
    assert {path: (runs / path).read_bytes() for path in before} == before
    assert entries(runs) == counts
    assert not (runs / "tiny" / STAGING).exists()

    here = tmp_path / "here"
    words = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--no-floors", "--runs", here)
    assert ablations("run", folder / "tiny.yaml", *words).code == 0
    assert scores(here) == scores(runs)
    for trial in (here / "tiny" / "trials").iterdir():
        assert story_of(trial) == story_of(runs / "tiny" / "trials" / trial.name)
    finished = ablations("run", folder / "tiny.yaml", *words[:-1], runs)  # nothing is left to do
    assert finished.code == 0, finished.err
    assert entries(runs) == counts


def entries(runs: Path) -> dict[str, int]:
    """Finished trials in Optuna, and runs in MLflow."""
    study = runs / "tiny"
    with sqlite3.connect(study / "optuna.db") as db:
        (trials,) = db.execute("select count(*) from trials where state = 'COMPLETE'").fetchone()
    with sqlite3.connect(study / "mlflow.db") as db:
        (kept,) = db.execute("select count(*) from runs").fetchone()
    return {"optuna": trials, "mlflow": kept}


def test_another_configuration_is_refused(folder: Path, tmp_path: Path) -> None:
    other = write_study(tmp_path, width=5)
    refused = ablations("adopt", folder / "done", "--study", other, "--runs", tmp_path / "runs")
    assert refused.code == 2
    assert "was trained with another configuration" in refused.err
    assert "width 4 there, 5 here" in refused.err
    assert not list((tmp_path / "runs").glob("*/trials/*"))
    unknown = write_study(tmp_path, tricks={"slow_d": {"lr_d": 1e-5}})
    refused = ablations("adopt", folder / "done", "--study", unknown, "--runs", tmp_path / "others")
    assert "study tiny has no arm ttur with seed 0" in refused.err


@pytest.mark.parametrize("what", ["a link", "a pipe", "a grid elsewhere", "a linked run", "another study"])
def test_nothing_of_ours_is_taken_for_a_strangers(what: str, folder: Path, tmp_path: Path) -> None:
    """All is refused, or that file alone is not taken; never half a trial, and never a file from beside the folder."""
    runs, done, private = fresh(folder, tmp_path), tmp_path / "done", tmp_path / "private.png"
    shutil.copytree(folder / "done", done)
    PIL.Image.new("L", (16, 16)).save(private)
    run = next(done.glob("ttur-*"))
    match what:
        case "a link":
            (run / "show" / "a.png").symlink_to(private)
        case "a pipe":
            os.mkfifo(run / "show" / "a.png")
        case "a linked run":
            run.rename(tmp_path / "ttur")
            run.symlink_to(tmp_path / "ttur")
        case "another study":
            record = json.loads((run / RECORD).read_text())
            for one in done.iterdir():
                (one / RECORD).write_text(json.dumps(record | {"study": "../" * 100}))
        case "a grid elsewhere":
            journal_file = run / journal.NAME
            grid = next(e.path for e in journal.read(run) if isinstance(e, Sampled))
            journal_file.write_text(journal_file.read_text().replace(json.dumps(grid), json.dumps(str(private))))
            assert str(private) not in [e.path for e in journal.read(run) if isinstance(e, Sampled)]
            return
    refused = ablations("adopt", done, "--runs", runs)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: ")
    assert "Traceback" not in refused.err
    assert not (runs / "tiny" / STAGING).exists()
    assert not any((runs / "tiny" / "trials").glob("*/*"))


def test_scores_count_without_weights_and_mlflow_may_wait(folder: Path, tmp_path: Path) -> None:
    runs, done = fresh(folder, tmp_path), tmp_path / "done"
    shutil.copytree(folder / "done", done, ignore=shutil.ignore_patterns("*.safetensors", "checkpoint*"))
    adopted = ablations("adopt", done, "--runs", runs, "--offline")
    assert (adopted.code, "2 trials taken in" in adopted.out) == (0, True)
    assert "2 of 2 came without weights" in " ".join(adopted.err.split())
    assert not (runs / "tiny" / "mlflow.db").exists()
    assert len(scores(runs)) >= 2


def test_what_has_no_result_is_not_taken(folder: Path, tmp_path: Path) -> None:
    empty = ablations("adopt", tmp_path, "--runs", tmp_path)
    assert (empty.code, "there is no run in it" in empty.err) == (2, True)
    runs, source = fresh(folder, tmp_path), next((folder / "done").glob("ttur-*"))
    begun = runs / "tiny" / "trials" / source.name
    begun.mkdir()
    for name in (RECORD, journal.NAME):
        (begun / name).write_bytes((source / name).read_bytes())
    lines = (begun / journal.NAME).read_text().splitlines(keepends=True)
    (begun / journal.NAME).write_text("".join(lines[:3]))
    refused = ablations("adopt", folder / "done", "--runs", runs)
    assert refused.code == 2
    assert "ttur-seed0 has begun here" in refused.err
    exported = ablations("export", "tiny", "--out", tmp_path / "rest.tar", "--runs", runs)
    assert "left out: 1 that have begun here: ttur-seed0" in exported.out
    assert [trial.name.rpartition("-")[0] for trial in read_trials(tmp_path / "rest.tar")] == ["baseline-seed0"]


def test_the_same_command_has_nothing_left_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (folder / "done").rglob("*")}
    assert main(["run", str(folder / "trials.tar"), "--out", str(folder / "done")]) == 0
    assert "2 of 2 trials have a result" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (folder / "done").rglob("*")} == before
