"""What of a recorded patch may be kept, whatever version recorded it."""

import subprocess
from pathlib import Path

from ablations.workspace.patches import HEADER, cleaned, split_patch
from ablations.workspace.uncommitted import uncommitted_patch
from tests.ablations.workspace.test_provenance import git

UNTRACKED = (".envrc", ".env.production", ".netrc", "id_rsa", "notes.txt", "deep/admin.env", "empty.txt")


def old_patch(root: Path, *untracked: str) -> str:
    """As versions before 0.2.0 wrote it: untracked files behind the tracked ones, in git's words for a new file."""
    parts = [git(root, "diff", "HEAD")]
    for name in untracked:
        command = ["git", "diff", "--no-index", "--", "/dev/null", name]
        parts.append(subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout.rstrip("\n"))
    return "\n".join(["# untracked, and not in this patch: picture.png (no text)", *filter(None, parts)])


def dirty(root: Path) -> Path:
    """A checkout with changed, added and untracked files."""
    root.mkdir()
    git(root, "init", "-b", "trunk")
    (root / "code.py").write_text("x = 1\n")
    (root / "db.ini").write_text("host = here\n")
    git(root, "add", ".")
    git(root, "commit", "-m", "first")
    (root / "added.py").write_text("y = 1\n")
    (root / "code.py").write_text("x = 2\n")
    (root / "db.ini").write_text("host = here\npassword = treasure\n")
    git(root, "add", "added.py")
    (root / "deep").mkdir()
    for name in UNTRACKED:
        (root / name).write_text("" if name.startswith("empty") else f"treasure of {name}\n")
    return root


def test_an_old_patch_keeps_what_git_tracked(tmp_path: Path) -> None:
    root = dirty(tmp_path / "checkout")
    old = old_patch(root, *UNTRACKED)
    assert old.count("treasure") == len(UNTRACKED)
    clean = cleaned(old + "\n")
    assert (clean.left_out, clean.masked) == (UNTRACKED, 1)
    assert "treasure" not in clean.text
    assert clean.text.startswith(f"{HEADER}\n# untracked, and not in this patch: picture.png (no text)\n")
    for name in UNTRACKED:
        assert f"# left out: {name}, a new file that may be untracked\n" in clean.text
    git(tmp_path, "clone", str(root), "clone")
    subprocess.run(["git", "apply"], cwd=tmp_path / "clone", input=clean.text, text=True, check=True)
    assert (tmp_path / "clone" / "added.py").read_text() == "y = 1\n"  # it stood before a change: git tracked it
    assert (tmp_path / "clone" / "code.py").read_text() == "x = 2\n"
    assert (tmp_path / "clone" / "db.ini").read_text() == "host = here\npassword = ***\n"
    assert cleaned(clean.text).text == clean.text


def test_what_is_written_now_stays_as_it_is(tmp_path: Path) -> None:
    root = dirty(tmp_path / "checkout")
    (root / "trick.py").write_text("z = 3\n")
    patch = uncommitted_patch(root, [root / "trick.py"])
    assert patch is not None
    assert "+z = 3" in patch
    assert cleaned(patch).text == patch
    assert cleaned("").text == ""


def test_what_is_no_patch_is_left_out() -> None:
    """Such as one in colours, in which no file can be told from another."""
    clean = cleaned("\x1b[1mdiff --git a/x b/x\x1b[m\n+treasure\n")
    assert "treasure" not in clean.text
    assert cleaned(clean.text).text == clean.text


def test_the_server_folder_is_known_from_the_patch_alone() -> None:
    lines = []
    for name in ("team/admin.env", "team/deep/other.txt", "elsewhere.txt"):
        lines += [f"diff --git a/{name} b/{name}", f"--- a/{name}", f"+++ b/{name}", "@@ -1 +1 @@ treasure", "-a", "+b"]
    clean = cleaned("\n".join(lines))
    assert clean.left_out == ("team/admin.env", "team/deep/other.txt")
    assert clean.text.endswith("+++ b/elsewhere.txt\n@@ -1 +1 @@\n-a\n+b")


def test_paths_of_a_patch(tmp_path: Path) -> None:
    root = dirty(tmp_path / "checkout")
    (root / "empty b").touch()
    (root / "a word b").write_text("x\n")
    git(root, "add", "empty b", "a word b")
    git(root, "mv", "code.py", "moved code.py")
    (root / "moved code.py").write_text("x = 1\n")
    _, files = split_patch(git(root, "diff", "HEAD"))
    paths = {one.name: one.paths for one in files}
    assert paths["moved code.py"] == ("code.py", "moved code.py")
    assert {"empty b", "a word b", "added.py", "db.ini"} < set(paths)
    assert [one.name for one in files if one.is_new] == ["a word b", "added.py", "empty b"]
