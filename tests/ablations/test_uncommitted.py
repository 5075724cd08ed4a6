"""The patch of a dirty tree makes that tree from the commit, and git notices nothing."""

import subprocess
from pathlib import Path

import pytest

from ablations import uncommitted
from ablations.uncommitted import uncommitted_patch
from tests.ablations.command import tree
from tests.ablations.test_provenance import git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A commit, a change, an added file and untracked ones, one of which is ignored."""
    root = tmp_path / "repository"
    (root / "deep").mkdir(parents=True)
    git(root, "init", "-b", "trunk")
    (root / "a.txt").write_text("one\n")
    (root / ".gitignore").write_text("*.log\n")
    git(root, "add", ".")
    git(root, "commit", "-m", "first")
    (root / "a.txt").write_text("two\n")
    (root / "added.py").write_text("added\n")
    git(root, "add", "added.py")
    (root / "deep" / "new trick.py").write_text("no newline at its end")
    (root / "empty.py").touch()
    (root / "x.log").write_text("ignored\n")
    return root


def test_applied_to_the_commit_it_makes_the_tree(repository: Path, tmp_path: Path) -> None:
    patch = uncommitted_patch(repository / "deep")  # from anywhere in it
    assert patch is not None
    clone = tmp_path / "clone"
    git(tmp_path, "clone", str(repository), str(clone))
    subprocess.run(["git", "apply"], cwd=clone, input=patch + "\n", text=True, check=True)
    (repository / "x.log").unlink()
    files = [
        {n: f.read_text() for n in tree(root) if (f := root / n).is_file() and ".git/" not in n}
        for root in (repository, clone)
    ]
    assert files[0] == files[1]
    assert "deep/new trick.py" in files[1]


def test_ends_of_lines_are_kept(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "core.autocrlf", "false")
    (repository / "dos.bat").write_bytes(b"one\r\ntwo\r\n")
    git(tmp_path, "clone", str(repository), str(tmp_path / "clone"))
    patch = uncommitted_patch(repository)
    assert patch is not None
    subprocess.run(["git", "apply"], cwd=tmp_path / "clone", input=f"{patch}\n".encode(), check=True)
    assert (tmp_path / "clone" / "dos.bat").read_bytes() == b"one\r\ntwo\r\n"


def test_git_notices_nothing(repository: Path) -> None:
    index = (repository / ".git" / "index").read_bytes()
    objects, status = tree(repository / ".git"), git(repository, "status", "--porcelain")
    index_after_status = (repository / ".git" / "index").read_bytes()
    assert uncommitted_patch(repository)
    assert (repository / ".git" / "index").read_bytes() == index_after_status
    assert tree(repository / ".git") == objects
    assert git(repository, "status", "--porcelain") == status
    assert index


def test_what_is_left_out_is_told(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncommitted, "FILE_LIMIT", 300)
    monkeypatch.setattr(uncommitted, "LIMIT", 350)
    (repository / "picture.png").write_bytes(b"\x89PNG\0\1")
    (repository / "large.txt").write_text("x" * 301)
    (repository / "m.txt").write_text("m" * 290)
    (repository / "n.txt").write_text("n" * 290)
    (repository / "link").symlink_to("a.txt")
    patch = uncommitted_patch(repository)
    assert patch is not None
    told = [line for line in patch.splitlines() if line.startswith("#")]
    assert told == [
        "# untracked, and not in this patch: large.txt (301 bytes, more than 300)",
        "# untracked, and not in this patch: link (no plain file)",
        "# untracked, and not in this patch: n.txt (290 bytes; all together may have 350)",
        "# untracked, and not in this patch: picture.png (no text)",
    ]
    git(tmp_path, "clone", str(repository), str(tmp_path / "clone"))
    subprocess.run(["git", "apply"], cwd=tmp_path / "clone", input=patch + "\n", text=True, check=True)
    assert (tmp_path / "clone" / "m.txt").read_text() == "m" * 290
    monkeypatch.setattr(uncommitted, "FILES_LIMIT", 2)
    assert "# untracked, and not in this patch: 5 more files" in (uncommitted_patch(repository) or "")


def test_clean_and_none(tmp_path: Path, repository: Path) -> None:
    git(repository, "add", ".")
    git(repository, "commit", "-m", "second")
    assert uncommitted_patch(repository) == ""
    assert uncommitted_patch(tmp_path) is None
