"""The whole way, with the code in a git checkout that has secrets lying about: nothing of them leaves it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from ablations.workspace.patches import NAME as PATCH
from tests.ablations.tiny import write_study
from tests.ablations.workspace.test_provenance import git

ROOT = Path(__file__).parents[2]
UNTRACKED = (".envrc", ".env.production", ".netrc", "id_rsa", "notes.txt", "server/admin.env", "ablations/notes.md")
WORD = "treasure"  # in every secret, with the name of its file


class Checkout:
    """A copy of this project's code, with a commit and a study."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.root, self.runs = folder / "checkout", folder / "runs"
        for package in ("ablations", "gan_core"):
            shutil.copytree(ROOT / package, self.root / package, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root / name)
        (self.root / ".env").write_text("A=1\n")
        (self.root / "settings.ini").write_text("host = here\n")
        (self.root / ".gitignore").write_text("__pycache__/\n")
        git(self.root, "init", "-b", "trunk")
        git(self.root, "remote", "add", "origin", f"https://me:{WORD}@example.org/repository")
        git(self.root, "add", ".")
        git(self.root, "commit", "-m", "first")
        self.study = write_study(folder, extractor="none", budget_kimg=0.1, progress_evaluations=1)
        self.environment = {**os.environ, "PYTHONPATH": str(self.root), "GAN_ABLATIONS_HOME": str(home)}
        self.environment.pop("MLFLOW_TRACKING_URI", None)

    def ablations(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ablations", *map(str, words)]
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        options = ("--executor", "inline", "--threads", 1, "--no-floors", "--no-report", "--no-models")
        return self.ablations("run", self.study, "--runs", self.runs, *options, *words)


SECRET_ADDRESSES = (
    f"https://{WORD}@127.0.0.1:9/x",
    f"http://127.0.0.1:9/?password={WORD}",
    f"http://me:{WORD}[1@127.0.0.1:9",
    f"http://me:{WORD}#1@127.0.0.1:9",
    f"me:{WORD}@127.0.0.1/db",
    f"postgresql://me:{WORD}%40@127.0.0.1:9/db",
    f"postgresql://127.0.0.1:9/db?password={WORD}",
    f"nonsense://me:{WORD}[@127.0.0.1:9/db",
)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("address", SECRET_ADDRESSES)
def test_no_address_is_shown_or_kept_with_its_secret(
    address: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a command makes of it: its messages, and what it leaves, say nothing of the secret."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    study = write_study(tmp_path, extractor="none", budget_kimg=0.1, progress_evaluations=1)
    runs = tmp_path / "runs"
    options = ("--executor", "inline", "--threads", "1", "--no-floors", "--no-report", "--no-models", "--runs", runs)
    said = [in_a_process("run", study, *options, "--storage", address)]
    assert said[0].returncode != 0
    assert (done := in_a_process("run", study, *options)).returncode == 0, done.stderr
    said.append(in_a_process("leaderboard", "tiny", "--from-mlflow", address))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    said += [in_a_process(*words, "--runs", runs) for words in (("sync", "tiny"), ("ui", "tiny"))]
    for one in said:
        assert WORD not in one.stdout + one.stderr
        assert "Traceback" not in one.stderr
    assert leaks(runs) == []


def in_a_process(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ablations", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def leaks(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()]


@pytest.mark.timeout(240)
def test_what_is_not_named_stays_here(tmp_path: Path, home: Path) -> None:
    checkout = Checkout(tmp_path, home)
    for name in UNTRACKED:
        (checkout.root / name).parent.mkdir(exist_ok=True)
        (checkout.root / name).write_text(f"password {WORD}-{name}\n")
    (checkout.root / ".env").write_text(f"A={WORD}\n")
    (checkout.root / "settings.ini").write_text(f"host = there\npassword = {WORD}\n")
    (checkout.root / "trick.py").write_text("WIDTH = 12345\n")

    refused = checkout.run("--with", "nowhere.py", "--with", ".netrc")
    assert refused.returncode == 2
    assert "error: nowhere.py: --with: there is no such file; allowed: a text file in " in refused.stderr
    assert "error: .netrc: --with: is a secret by its name, and never enters a record; " in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not checkout.runs.exists()

    done = checkout.run("--with", "trick.py")
    assert done.returncode == 0, done.stderr
    assert leaks(checkout.runs) == []
    (execution,) = (checkout.runs / "tiny" / "executions").iterdir()
    patch = (execution / "files" / PATCH).read_text()
    assert "+WIDTH = 12345" in patch
    assert "+host = there\n+password = ***" in patch
    assert "# left out: changes of .env (a secret by its name)" in patch
    for name in UNTRACKED:
        assert f"# untracked, and not in this patch: {name} (" in patch
    client = MlflowClient(f"sqlite:///{checkout.runs}/tiny/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    (parent,) = [run for run in runs if "design" in run.data.params]
    kept = Path(client.download_artifacts(parent.info.run_id, PATCH, str(tmp_path)))
    assert kept.read_text() == patch
    trials = checkout.ablations("export", checkout.study, "--as", "away", "--runs", checkout.runs, "--out", "away.tar")
    assert trials.returncode == 0, trials.stderr
    assert WORD.encode() not in (checkout.root / "away.tar").read_bytes()
