"""Where a result comes from, asked of real repositories."""

import shlex
import subprocess
from pathlib import Path

import torch

from ablations.workspace.provenance import provenance_of


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    answer = subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True)
    return answer.stdout.strip()


def test_a_clean_and_a_dirty_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-b", "trunk")
    (tmp_path / "a.txt").write_text("one\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    clean = provenance_of(tmp_path, ["ablations", "run", "my study.yaml"])
    assert (clean.commit, clean.branch, clean.dirty) == (git(tmp_path, "rev-parse", "HEAD"), "trunk", False)
    assert clean.patch == ""
    assert clean.command == "ablations run 'my study.yaml'"
    assert clean.versions["torch"].split("+")[0] == torch.__version__.split("+")[0]
    (tmp_path / "a.txt").write_text("two\n")
    dirty = provenance_of(tmp_path, [])
    assert (dirty.commit, dirty.dirty) == (clean.commit, True)
    assert dirty.patch is not None
    assert "-one\n+two" in dirty.patch
    git(tmp_path, "checkout", "--detach")
    assert provenance_of(tmp_path, []).branch is None


def test_a_command_is_kept_without_passwords(tmp_path: Path) -> None:
    url = "postgresql://me:se=cret@host/db?a=b"
    command = provenance_of(
        tmp_path, ["ablations", "run", "--storage", url, f"--storage={url}", "--set", "lr=1"]
    ).command
    hidden = "postgresql://me:***@host/db?a=b"
    assert shlex.split(command) == ["ablations", "run", "--storage", hidden, f"--storage={hidden}", "--set", "lr=1"]


def test_no_repository_is_none_and_no_error(tmp_path: Path) -> None:
    nowhere = provenance_of(tmp_path, ["x"])
    assert (nowhere.commit, nowhere.branch, nowhere.dirty, nowhere.patch) == (None, None, None, None)
    assert nowhere.host


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-b", "trunk")
    fresh = provenance_of(tmp_path, [])
    assert (fresh.commit, fresh.branch, fresh.dirty) == (None, "trunk", None)
