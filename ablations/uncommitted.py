"""What a commit does not say of the code that ran: changes of tracked files, and small untracked files of text.

Git only reads: neither its index nor its objects change.
"""

import os
import subprocess
from pathlib import Path

FILE_LIMIT = 100_000  # bytes of one untracked file
LIMIT = 1_000_000  # of all of them
FILES_LIMIT = 200
TEXT = 8000  # first bytes, without a NUL among them where it is text; git's own rule
TIMEOUT_S = 10


def git(directory: Path, *arguments: str, differs: int = 0) -> str | None:
    """What git says, without the newline at its end; None without git, repository or answer.

    `differs`: another exit code that is an answer too.
    """
    try:
        answer = subprocess.run(
            ["git", *arguments],
            cwd=directory,
            capture_output=True,
            timeout=TIMEOUT_S,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = answer.stdout.decode(errors="replace")  # ends of lines as they are
    return said.rstrip("\n") if answer.returncode in (0, differs) else None


def uncommitted_patch(directory: Path) -> str | None:
    """A patch from HEAD to what lies in the tree of this directory, ignored files aside; '' where nothing differs.

    It begins with lines, which `git apply` skips, about untracked files that it leaves out: no text, too large, or too
    many. None where git has no answer.
    """
    top = git(directory, "rev-parse", "--show-toplevel")
    changed = git(directory, "diff", "HEAD")
    if top is None or changed is None:
        return None
    new, left_out = _untracked(Path(top))
    parts = [*left_out, *([changed] if changed else []), *new]
    return "\n".join(parts)


def _untracked(top: Path) -> tuple[list[str], list[str]]:
    """Patches that make the untracked files, and a line for each that has none."""
    listed = git(top, "ls-files", "--others", "--exclude-standard", "-z")
    if listed is None:
        return [], ["# untracked files are not in this patch: git could not list them"]
    names = [name for name in listed.split("\0") if name]
    left = LIMIT
    new, left_out = [], []
    for name in names[:FILES_LIMIT]:
        why, size = _unfit(top / name, left)
        patch = None if why else git(top, "diff", "--no-index", "--", "/dev/null", name, differs=1)
        if patch:
            new.append(patch)
            left -= size
        elif why or patch is None:
            left_out.append(f"# untracked, and not in this patch: {name} ({why or 'git gives no difference'})")
    if len(names) > FILES_LIMIT:
        left_out.append(f"# untracked, and not in this patch: {len(names) - FILES_LIMIT} more files")
    return new, left_out


def _unfit(path: Path, left: int) -> tuple[str, int]:
    """Why the file is left out, '' for one that is not, and its size in bytes."""
    try:
        size = path.lstat().st_size
        if path.is_symlink() or not path.is_file():
            return "no plain file", size
        if size > FILE_LIMIT:
            return f"{size} bytes, more than {FILE_LIMIT}", size
        if size > left:
            return f"{size} bytes; all together may have {LIMIT}", size
        with open(path, "rb") as file:
            return ("no text" if b"\0" in file.read(TEXT) else ""), size
    except OSError as error:
        return str(error.strerror), 0
