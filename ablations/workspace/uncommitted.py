"""What a commit does not say about the code that ran: changes of tracked files, and which untracked files exist.

Nothing of an untracked file's content is in it, unless the user has named the file; and what looks like a secret is
masked. Git only reads: neither its index nor its objects change.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ablations.workspace.patches import HEADER, safe_parts, shown, split_patch
from ablations.workspace.secret_files import server_folders_of, why_secret
from gan_core.problems import Problem, UserError

FILE_LIMIT = 100_000  # bytes of one named file
LIMIT = 1_000_000  # of all of them
HASH_LIMIT = 10_000_000  # bytes of an untracked file whose digest is taken
FILES_LIMIT = 200
TIMEOUT_S = 10
WHERE = ("--with",)
# The same patch whatever the user's settings; no program of theirs, which might decrypt, is called.
PLAIN = ("--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/")


def git(directory: Path, *arguments: str, differs: int = 0) -> str | None:
    """The output of git, without the newline at its end; None without git, repository or answer.

    `differs`: another exit code that is an answer too.
    """
    try:
        answer = subprocess.run(
            ["git", "-c", "core.quotePath=false", *arguments],
            cwd=directory,
            capture_output=True,
            timeout=TIMEOUT_S,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = answer.stdout.decode(errors="replace")  # ends of lines as they are
    return said.rstrip("\n") if answer.returncode in (0, differs) else None


def uncommitted_patch(directory: Path, named: Sequence[Path] = ()) -> str | None:
    """A patch from HEAD to the tracked files of this directory's tree and the `named` ones; '' where nothing differs.

    It begins with lines, which `git apply` skips, about what is not in it: untracked files, with their digests, and
    secrets. None where git has no answer. Raises UserError for a named file that can't be taken (`named_files`).
    """
    chosen = named_files(directory, named)
    top = git(directory, "rev-parse", "--show-toplevel")
    if top is None:
        return None
    changed = git(Path(top), "diff", *PLAIN, "HEAD")
    if changed is None:
        return None
    folder = Path(top)
    texts = [changed, *(git(folder, "diff", "--no-index", *PLAIN, "/dev/null", name, differs=1) for name in chosen)]
    files = [one for text in texts if text for one in split_patch(text)[1]]
    notes, patch = safe_parts(files, server_folders_of((path for one in files for path in one.paths), folder))
    notes += _untracked(folder, chosen)
    if not notes and not patch.text:
        return ""
    return "\n".join([HEADER, *notes, *([patch.text] if patch.text else [])])


def named_files(directory: Path, named: Sequence[Path]) -> tuple[str, ...]:
    """Those of the files that the commit and its changes do not have, by their paths from the top of the checkout.

    Raises UserError where one is not there, outside of the checkout, a secret, too large or no text.
    """
    if not named:
        return ()
    top = git(directory, "rev-parse", "--show-toplevel")
    if top is None:
        raise UserError(
            Problem(f"the code in {directory} is in no git checkout, which named files are kept with", WHERE)
        )
    folder, left = Path(top).resolve(), LIMIT
    problems, chosen = [], []
    for path in dict.fromkeys(named):
        why, size = _unfit(path, folder, left)
        if why:
            problems.append(
                Problem(why, WHERE, f"a text file in {folder}, of at most {FILE_LIMIT} bytes", source=str(path))
            )
            continue
        name = path.resolve().relative_to(folder).as_posix()
        if not git(folder, "ls-files", "--", f":(literal){name}"):
            chosen.append(name)
            left -= size
    if problems:
        raise UserError(*problems)
    return tuple(dict.fromkeys(chosen))


def _unfit(path: Path, top: Path, left: int) -> tuple[str, int]:
    """Why a named file can't be taken, '' for one that can, and its size in bytes."""
    try:
        real = path.resolve(strict=True)
        size = real.stat().st_size
        if not real.is_file():
            return "is no file", size
        if not real.is_relative_to(top):
            return "is outside of the checkout", size
        name = real.relative_to(top).as_posix()
        folders = server_folders_of([name], top)
        if why := why_secret(name, folders) or why_secret(path.name):
            return f"is {why}, and never enters a record", size
        if size > FILE_LIMIT:
            return f"has {size} bytes", size
        if size > left:
            return f"has {size} bytes; all named files together may have {LIMIT}", size
        content = real.read_bytes()
        content.decode()
        return ("is no text" if b"\0" in content else ""), size
    except UnicodeDecodeError:
        return "is no text in UTF-8", 0
    except FileNotFoundError:
        return "there is no such file", 0
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        return f"can't be read: {getattr(error, 'strerror', None) or error}", 0


def _untracked(top: Path, chosen: Sequence[str]) -> Iterator[str]:
    """A line for each untracked file that is not in the patch."""
    listed = git(top, "ls-files", "--others", "--exclude-standard", "-z")
    if listed is None:
        yield "# untracked files are not in this patch: git could not list them"
        return
    names = [name for name in listed.split("\0") if name and name not in chosen]
    folders = server_folders_of(names[:FILES_LIMIT], top)
    for name in names[:FILES_LIMIT]:
        yield f"# untracked, and not in this patch: {shown(name)} ({_facts(top / name, why_secret(name, folders))})"
    if len(names) > FILES_LIMIT:
        yield f"# untracked, and not in this patch: {len(names) - FILES_LIMIT} more files"


def _facts(path: Path, secret: str) -> str:
    """Size and digest; for a secret neither, since a short one could be guessed from them."""
    if secret:
        return secret
    try:
        if path.is_symlink() or not path.is_file():
            return "no plain file"
        size = path.stat().st_size
        if size > HASH_LIMIT:
            return f"{size} bytes"
        with open(path, "rb") as file:
            return f"{size} bytes, sha256 {hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        return str(error.strerror)
