"""The patch of a dirty tree: what is tracked or named, without secrets; and git notices nothing."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from ablations.workspace import uncommitted
from ablations.workspace.uncommitted import named_files, uncommitted_patch
from gan_core.problems import UserError
from tests.ablations.command import tree
from tests.ablations.workspace.test_provenance import git


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


def test_applied_to_the_commit_it_makes_the_tracked_files_and_the_named_ones(repository: Path, tmp_path: Path) -> None:
    (repository / "unnamed.py").write_text("x = 1\n")
    named = [repository / "deep" / "new trick.py", repository / "empty.py", repository / "x.log", repository / "a.txt"]
    patch = uncommitted_patch(repository / "deep", named)  # from anywhere in it; a.txt is in it already
    assert patch is not None
    clone = tmp_path / "clone"
    git(tmp_path, "clone", str(repository), str(clone))
    subprocess.run(["git", "apply"], cwd=clone, input=patch + "\n", text=True, check=True)
    (repository / "unnamed.py").unlink()
    files = [
        {n: f.read_text() for n in tree(root) if (f := root / n).is_file() and ".git/" not in n}
        for root in (repository, clone)
    ]
    assert files[0] == files[1]
    assert {"deep/new trick.py", "x.log", "empty.py"} < set(files[1])


def test_ends_of_lines_are_kept(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "core.autocrlf", "false")
    (repository / "dos.bat").write_bytes(b"one\r\ntwo\r\n")
    git(tmp_path, "clone", str(repository), str(tmp_path / "clone"))
    patch = uncommitted_patch(repository, [repository / "dos.bat"])
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


def test_untracked_files_are_named_with_a_digest_and_nothing_more(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uncommitted, "HASH_LIMIT", 300)
    (repository / "notes.txt").write_text("where the treasure lies")
    (repository / "large.txt").write_text("x" * 301)
    (repository / "link").symlink_to("a.txt")
    (repository / "two\nlines").write_text("a secret of two lines")
    (repository / ".envrc").write_text("treasure")
    (repository / "server").mkdir()
    (repository / "server" / "admin.env").write_text("treasure")
    (repository / "server" / "accounts.db").write_text("treasure")
    os.mkfifo(repository / "pipe")
    patch = uncommitted_patch(repository)
    assert patch is not None
    told = [
        line.removeprefix("# untracked, and not in this patch: ") for line in patch.split("\n") if "untracked" in line
    ]
    digest = {
        n: hashlib.sha256((repository / n).read_bytes()).hexdigest()
        for n in tree(repository)
        if is_file(repository / n)
    }
    assert told == [
        ".envrc (a secret by its name)",
        f"deep/new trick.py (21 bytes, sha256 {digest['deep/new trick.py']})",
        f"empty.py (0 bytes, sha256 {digest['empty.py']})",
        "large.txt (301 bytes)",
        "link (no plain file)",
        f"notes.txt (23 bytes, sha256 {digest['notes.txt']})",
        "server/accounts.db (in the folder of `ablations server`)",
        "server/admin.env (a secret by its name)",
        f"'two\\nlines' (21 bytes, sha256 {digest[f'two{chr(10)}lines']})",
    ]
    assert "treasure" not in patch
    assert "secret of two" not in patch
    assert "no newline at its end" not in patch
    monkeypatch.setattr(uncommitted, "FILES_LIMIT", 2)
    assert "# untracked, and not in this patch: 7 more files" in (uncommitted_patch(repository) or "")


def is_file(path: Path) -> bool:
    return path.is_file() and ".git" not in path.parts


def test_secrets_of_tracked_files_are_left_out_or_masked(repository: Path, tmp_path: Path) -> None:
    """Changed, added, moved, deleted; in a setting, and in the line that git writes behind a hunk's numbers."""
    secret = ("server/admin.env", "server/mlflow.txt", ".env", "id_rsa", "old.pem", "db.ini")
    (repository / "server").mkdir()
    for name in secret:
        (repository / name).write_text("password = treasure-1\n" + "".join(f"  {name} line {n}\n" for n in range(20)))
    git(repository, "add", ".")
    git(repository, "commit", "-m", "careless")
    git(tmp_path, "clone", str(repository), str(tmp_path / "clone"))
    for name in secret[:4]:
        (repository / name).write_text("treasure-2\n")
    (repository / "db.ini").write_text(
        (repository / "db.ini").read_text().replace("db.ini line 19", "token = treasure-3")
    )
    git(repository, "mv", "old.pem", "renamed.txt")
    (repository / "id_rsa").unlink()
    (repository / "staged.key").write_text("treasure-4")
    git(repository, "add", "staged.key")
    (repository / "a.txt").write_text("three\n")
    patch = uncommitted_patch(repository)
    assert patch is not None
    assert "treasure" not in patch
    notes = [line for line in patch.split("\n") if line.startswith(("# left out", "# masked"))]
    assert notes == [
        "# left out: changes of .env (a secret by its name)",
        "# masked: 1 in db.ini; what is masked is not applied as it was",
        "# left out: changes of id_rsa (a secret by its name)",
        "# left out: changes of renamed.txt (a secret by its name)",
        "# left out: changes of server/admin.env (a secret by its name)",
        "# left out: changes of server/mlflow.txt (in the folder of `ablations server`)",
        "# left out: changes of staged.key (a secret by its name)",
    ]
    subprocess.run(["git", "apply"], cwd=tmp_path / "clone", input=patch + "\n", text=True, check=True)
    assert (tmp_path / "clone" / "a.txt").read_text() == "three\n"
    assert (tmp_path / "clone" / "db.ini").read_text().endswith("  db.ini line 18\n  token = ***\n")


def test_the_patch_is_the_same_whatever_git_is_set_to(repository: Path) -> None:
    """Colours would hide where a file begins; a filter for reading might decrypt."""
    (repository / ".env").write_text("x")
    git(repository, "add", "-f", ".env")
    before = uncommitted_patch(repository)
    (repository / ".git" / "info" / "attributes").write_text("*.txt diff=shout\n")
    for key, value in (
        ("color.ui", "always"),
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.external", "cat"),
        ("diff.relative", "true"),
        ("diff.shout.textconv", "tr a-z A-Z <"),
    ):
        git(repository, "config", key, value)
    assert uncommitted_patch(repository / "deep") == before


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere.txt", "there is no such file"),
        ("deep", "is no file"),
        ("../outside.txt", "is outside of the checkout"),
        ("link.txt", "is outside of the checkout"),
        ("harmless.txt", "is a secret by its name"),
        (".env.local", "is a secret by its name"),
        ("server/notes.txt", "is in the folder of `ablations server`"),
        (".git/config", "is in a folder of secrets"),
        ("picture.png", "is no text"),
        ("latin.txt", "is no text in UTF-8"),
        ("large.txt", "has 301 bytes"),
    ],
)
def test_a_named_file_that_is_refused(repository: Path, name: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncommitted, "FILE_LIMIT", 300)
    (repository.parent / "outside.txt").write_text("x")
    (repository / "link.txt").symlink_to("../outside.txt")
    (repository / ".netrc").write_text("x")
    (repository / "harmless.txt").symlink_to(".netrc")
    (repository / ".env.local").write_text("x")
    (repository / "server").mkdir()
    (repository / "server" / "admin.env").write_text("x")
    (repository / "server" / "notes.txt").write_text("x")
    (repository / "picture.png").write_bytes(b"PNG\0\1")
    (repository / "latin.txt").write_bytes(b"\xe9t\xe9")
    (repository / "large.txt").write_text("x" * 301)
    with pytest.raises(UserError) as refused:
        named_files(repository, [repository / "empty.py", repository / name])
    (problem,) = refused.value.problems
    assert problem.message.startswith(why)
    assert problem.where == ("--with",)
    with pytest.raises(UserError):
        uncommitted_patch(repository, [repository / name])


def test_what_is_named_is_masked_too_and_has_a_limit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "db.ini").write_text("host = here\npassword = treasure\n")
    patch = uncommitted_patch(repository, [repository / "db.ini", repository / "db.ini"])
    assert patch is not None
    assert patch.count("+host = here\n+password = ***") == 1
    assert "untracked, and not in this patch: db.ini" not in patch
    monkeypatch.setattr(uncommitted, "LIMIT", 40)
    (repository / "more.ini").write_text("host = here\n")
    with pytest.raises(UserError, match="all named files together may have 40"):
        named_files(repository, [repository / "db.ini", repository / "more.ini"])
    with pytest.raises(UserError, match="in no git checkout"):
        named_files(repository.parent, [repository / "db.ini"])


def test_clean_and_none(tmp_path: Path, repository: Path) -> None:
    git(repository, "add", ".")
    git(repository, "commit", "-m", "second")
    assert uncommitted_patch(repository) == ""
    assert uncommitted_patch(tmp_path) is None
