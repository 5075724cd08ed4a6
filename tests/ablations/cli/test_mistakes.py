"""What bad input gets: exit code 2, one message with what, where, what is allowed; and nothing has been made."""

import json
import socket
import time
from pathlib import Path

import pytest

from ablations.study.study import load_study
from ablations.workspace.opening import open_workspace
from ablations.workspace.trials import trials_of
from gan_core import journal
from gan_core.events import Saved
from tests.ablations.command import CONTROL, ablations, tree
from tests.ablations.tiny import write_study


@pytest.fixture(autouse=True)
def nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command here works in a folder of its own, with the tiny study in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    write_study(tmp_path)


def refused(folder: Path, *words: object) -> str:
    """The message of a command that must end with code 2 and make nothing."""
    before = tree(folder)
    outcome = ablations(*words)
    assert outcome.code == 2, outcome
    assert tree(folder) == before
    assert "Traceback" not in outcome.out + outcome.err
    assert set(outcome.err).isdisjoint(CONTROL)
    return " ".join(outcome.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "missing.yaml"], ["missing.yaml", "no such file"]),
        (["run", "."], ["."]),
        (["run"], ["STUDY.yaml"]),
        (["run", "tiny.yaml", "--wrokers", "2"], ["--wrokers", "--workers"]),
        (["rnu", "tiny.yaml"], ["rnu", "run"]),
        (["run", "tiny.yaml", "--workers", "0"], ["--workers: 0 is out of range", "allowed: >= 1"]),
        (["run", "tiny.yaml", "--workers", "two"], ["--workers", "integer"]),
        (["run", "tiny.yaml", "--threads", "-3"], ["--threads: -3 is out of range", "allowed: >= 1"]),
        (["run", "tiny.yaml", "--hours", "0"], ["--hours: 0 is out of range", "allowed: more than 0 and at most 8760"]),
        (["run", "tiny.yaml", "--hours", "two"], ["--hours", "number"]),
        (["run", "tiny.yaml", "--answer-by", "7am"], ["--answer-by: '7am' is no time", "07:00", "2030-12-31T07:00"]),
        (["run", "tiny.yaml", "--answer-by", "2020-01-01T07:00"], ["--answer-by: 2020-01-01T07:00 is over"]),
        (["run", "tiny.yaml", "--hours", "1", "--answer-by", "07:00"], ["--hours, --answer-by: both", "one of them"]),
        (["run", "tiny.yaml", "--executor", "rya"], ["rya", "processes", "inline"]),
        (["run", "tiny.yaml", "--device", "cuda:99"], ["--device", "no device 'cuda:99'", "allowed: cpu"]),
        (["run", "tiny.yaml", "--device", "gpu"], ["--device", "no device 'gpu'", "allowed: cpu"]),
        (["run", "tiny.yaml", "--set", "precision=tf32"], ["precision", "a format of GPUs", "allowed: float32, bf16"]),
        (["plan", "tiny.yaml", "--set", "precision=tf32"], ["precision", "a format of GPUs", "allowed: float32, bf16"]),
        (["run", "tiny.yaml", "--set", "precision=fp16"], ["'fp16'", "allowed: float32, tf32, bf16"]),
        (["run", "tiny.yaml", "--as", "a/b"], ["--as", "'a/b' can't be a study's name", "letters, digits"]),
        (["run", "tiny.yaml", "--storage", "nonsense"], ["--storage", "nonsense", "allowed: sqlite:////"]),
        (["run", "tiny.yaml", "--storage", "postgresql://a:b@127.0.0.1:9/c"], ["--storage", "a:***@127.0.0.1:9/c"]),
        (["run", "tiny.yaml", "--runs", "tiny.yaml"], ["tiny.yaml", "can't be made"]),
        (["plan", "tiny.yaml", "--workers", "0"], ["--workers: 0 is out of range"]),
        (["plan", "tiny.yaml", "--device", "cuda:99"], ["no device 'cuda:99'"]),
        (["leaderboard", "tiny"], ["study 'tiny' has not been run", "allowed: none yet"]),
        (["ui", "tiny"], ["study 'tiny' has not been run"]),
        (["ui", "tiny", "--port", "80"], ["--port", "1024"]),
        (["export", "tiny.yaml", "--out", "."], ["--out", ". can't be written", "it is a folder"]),
        (["export", "tiny.yaml", "--out", "no/t.tar"], ["--out", "no/t.tar can't be written"]),
        (["leaderboard", "tiny", "--csv", "."], ["--csv", ". can't be written: it is a folder"]),
        (["leaderboard", "tiny", "--md", "no/t.md"], ["--md", "no/t.md can't be written: there is no no"]),
        (["leaderboard", "tiny", "--csv", "-", "--md", "-"], ["--csv, --md", "standard output"]),
        (["evaluate", ".", "--neighbours", "a.jpg"], ["neighbours", "'a.jpg' is no PNG file"]),
        (["data", "fetch", "fashion"], ["no data set is called 'fashion'", "fashion-mnist, mnist", "'fashion-mnist'"]),
        (["data", "fetsh"], ["fetsh", "fetch"]),
    ],
    ids=lambda words: " ".join(words[:4]) if isinstance(words, list) else "",
)
def test_the_command_line(words: list[str], expected: list[str], tmp_path: Path) -> None:
    message = refused(tmp_path, *words)
    assert [word for word in expected if word not in message] == [], message


def test_a_server_whose_port_is_taken_or_whose_folder_is_a_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(tmp_path, "server", "--port", port)
    assert f"--port: port {port} of 127.0.0.1 can't be used: Address already in use" in message
    message = refused(tmp_path, "server", "--folder", "tiny.yaml", "--port", port)
    assert "--folder: tiny.yaml can't be made" in message


def test_a_home_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(tmp_path / "tiny.yaml" / "home"))
    message = refused(tmp_path, "run", "tiny.yaml", "--executor", "inline", "--offline")
    assert "images of shapes can't be prepared" in message
    assert "$GAN_ABLATIONS_HOME" in message


def test_the_study_file_has_all_its_mistakes_told_at_once(tmp_path: Path) -> None:
    path = write_study(
        tmp_path, tricks={"half": {"dropuot": 0.5}, "most": {"dropout": 1.5}}, batch_size=0, data="fmnist"
    )
    message = refused(tmp_path, "run", path)
    lines = path.read_text().splitlines()
    for key, words in {
        '"batch_size"': ["baseline.batch_size", "0 is out of range", "allowed: >= 2"],
        '"data"': ["baseline.data", "no data set is called 'fmnist'", "fashion-mnist, mnist"],
        '"dropuot"': ["tricks.half.dropuot", "no setting is called 'dropuot'", "did you mean 'dropout'?"],
        '"dropout"': ["tricks.most.dropout", "1.5 is out of range"],
    }.items():
        (number,) = (n for n, line in enumerate(lines, start=1) if key in line)
        assert f"tiny.yaml:{number}: {words[0]}" in message
        assert all(word in message for word in words)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9 does not answer"),
        ("file:///tmp/somewhere", "no longer keeps runs in plain files"),
        ("somewhere", "no longer keeps runs in plain files"),
        ("sqlite:////proc/no/mlflow.db", "does not answer"),
    ],
)
def test_a_tracking_store_that_cannot_be_used(
    uri: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    start = time.perf_counter()
    message = refused(tmp_path, "run", "tiny.yaml", "--executor", "inline")
    assert expected in message
    assert "allowed: sqlite:////path/to/mlflow.db, http(s)://" in message
    assert time.perf_counter() - start < 20


def test_a_folder_that_was_there_before_stays(tmp_path: Path) -> None:
    kept = tmp_path / "runs" / "tiny" / "notes.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    ablations("run", "tiny.yaml", "--workers", "0")
    assert kept.read_text() == "mine"


def test_two_runs_at_once(tmp_path: Path) -> None:
    with open_workspace(load_study(tmp_path / "tiny.yaml"), tmp_path / "runs"):
        message = refused(tmp_path, "run", "tiny.yaml")
    assert "study tiny is at work in another process" in message


def test_a_study_that_changed_after_it_had_results(tmp_path: Path) -> None:
    study = load_study(tmp_path / "tiny.yaml")
    with open_workspace(study, tmp_path / "runs") as workspace:
        trial = trials_of(study, workspace.root)[0]
        trial.write_record()
        journal.append(trial.directory, Saved(seq=0, time=0, step=0, images=0, wall_s=0, path="checkpoint.pt"))
    write_study(tmp_path, width=8)
    message = refused(tmp_path, "run", "tiny.yaml")
    assert refused(tmp_path, "plan", "tiny.yaml") == message
    assert "has changed since" in message
    assert "--as NEWNAME" in message
    assert "width" in message
    refused(
        tmp_path, "run", "tiny.yaml", "--as", "tiny2", "--workers", "0"
    )  # and that way is open: only --workers is wrong


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with open_workspace(load_study(tmp_path / "tiny.yaml"), tmp_path / "runs"):
        pass
    message = refused(tmp_path, "leaderboard", "tiny", "--csv", "no/such/folder.csv")
    assert "--csv: no/such/folder.csv can't be written: there is no no/such" in message


def test_a_trial_folder_of_another_configuration(tmp_path: Path) -> None:
    study = load_study(tmp_path / "tiny.yaml")
    with open_workspace(study, tmp_path / "runs") as workspace:
        trial = trials_of(study, workspace.root)[0]
        trial.write_record()
        record = trial.directory / "trial.json"
        record.write_text(json.dumps({**json.loads(record.read_text()), "fingerprint": "0" * 16}))
    message = refused(tmp_path, "run", "tiny.yaml")
    assert f"the folder of trial {trial.name} holds the run of another configuration" in message


def test_nothing_to_rank_yet(tmp_path: Path) -> None:
    with open_workspace(load_study(tmp_path / "tiny.yaml"), tmp_path / "runs"):
        pass
    shown = ablations("leaderboard", "tiny")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == "no trial has begun yet\n"
