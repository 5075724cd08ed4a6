"""The options `--models` and `--register` of `run` and `sync`: what they ask for."""

from pathlib import Path
from typing import Any

import pytest

from ablations.execution.models import ModelsLogged
from ablations.study.study import load_study
from ablations.workspace.opening import open_workspace
from ablations.workspace.trials import trials_of
from tests.ablations.command import ablations
from tests.ablations.journals import ARMS, story, write, write_study_json, write_trial
from tests.ablations.tiny import write_study

QUICK = ("--executor", "inline", "--threads", 1, "--device", "cpu", "--no-floors", "--no-report")


def test_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def log(session: Any, on_step: object) -> ModelsLogged:
        asked.append((session.options.models, session.options.register))
        return ModelsLogged(("baseline",), session.options.register)

    monkeypatch.setattr("ablations.execution.models.log_missing_models", log)
    path = write_study(tmp_path, extractor="none")
    study = load_study(path)
    with open_workspace(study, tmp_path / "runs") as workspace:
        for trial in trials_of(study, workspace.root):  # trained already
            trial.write_record("c0de")
            write(trial, list(story(trial, 7.0)))
    words = ("run", path, *QUICK, "--runs", tmp_path / "runs", "--offline")
    assert "models:/" not in ablations(*words, "--no-models").out
    ablations(*words)
    assert asked == [(False, None), (True, None)]
    refused = ablations(*words, "--register", "gan")
    assert (refused.code, len(asked)) == (2, 2)
    assert "no model is logged now" in refused.err


def test_sync(store_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str | None]] = []
    monkeypatch.setattr("ablations.tracking.mlflow.sync.not_logged", lambda root, uri, register: ("one", register))
    monkeypatch.setattr(
        "ablations.tracking.mlflow.sync.log_models",
        lambda store, root, best, register, here: asked.append((len(best), register)) or [],
    )
    write_trial(tmp_path / "tiny", ARMS["baseline"], 0, 10.0)
    write_study_json(tmp_path / "tiny")
    words = ("sync", tmp_path / "tiny", "--tracking-uri", store_uri)
    for options in (("--no-models",), (), ("--register", "gan")):
        assert ablations(*words, *options).code == 0
    assert asked == [(2, None), (2, "gan")]
    assert ablations(*words, "--no-models", "--register", "gan").code == 2
