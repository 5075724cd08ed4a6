"""Folders whose names mean something in an address: every database and file of a study lies where it should."""

import os
from pathlib import Path

import pytest

from tests.ablations.command import ablations
from tests.ablations.tiny import write_study

NAME = "a?b%20c#d{e} \"x'y"


@pytest.mark.slow
def test_a_study_works_under_such_a_name(tmp_path: Path) -> None:
    """Also its models and its views in MLflow, and nothing is left beside its folder."""
    runs = tmp_path / NAME
    ran = ablations("run", write_study(tmp_path), "--runs", runs)
    assert (ran.code, ran.err) == (0, "")
    for file in ("optuna.db", "mlflow.db", "mlartifacts", "report.html", "models/baseline.json"):
        assert (runs / "tiny" / file).exists(), file
    for command in ("leaderboard", "report", "sync"):
        done = ablations(command, runs / "tiny")
        assert (command, done.code, done.err) == (command, 0, "")
    deleted = ablations("delete", runs / "tiny", "--yes")
    assert (deleted.code, deleted.err) == (0, "")
    assert not (runs / "tiny").exists()
    assert {path.name for path in tmp_path.iterdir()} == {NAME, "tiny.yaml"}


def test_a_name_that_is_not_utf_8_is_refused_before_anything_trains(tmp_path: Path) -> None:
    """In one message; the bytes are shown as escapes."""
    runs = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xff"))
    ran = ablations("run", write_study(tmp_path), "--runs", runs)
    assert (ran.code, ran.out) == (2, "")
    assert "not UTF-8" in ran.err
    assert "Traceback" not in ran.err
    assert not any(runs.glob("tiny/trials/*"))
