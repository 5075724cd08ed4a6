"""Where a result comes from: commit, dirty flag, uncommitted changes, who, where, which command, which versions."""

import getpass
import shlex
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from gan_core.records import Record
from gan_core.versions import PACKAGES as TRAINING
from gan_core.versions import versions

PACKAGES = (*TRAINING, "scipy", "pandas", "optuna", "mlflow")


class Provenance(Record):
    """What is known about the code and the machine. None: not a git repository (or not known), never a guess."""

    commit: str | None
    branch: str | None  # None as well when no branch is checked out
    dirty: bool | None
    patch: str | None  # `git diff HEAD`: what the commit does not say
    user: str | None
    host: str
    command: str
    versions: dict[str, str]


def provenance_of(directory: Path, command: Sequence[str]) -> Provenance:
    """The provenance of a command that was started with code from `directory`."""
    commit = _git(directory, "rev-parse", "HEAD")
    status = _git(directory, "status", "--porcelain") if commit else None
    return Provenance(
        commit=commit,
        branch=_git(directory, "symbolic-ref", "--short", "--quiet", "HEAD"),
        dirty=None if status is None else bool(status),
        patch=_git(directory, "diff", "HEAD") if commit else None,
        user=_user(),
        host=socket.gethostname(),
        command=shlex.join(command),
        versions=versions(PACKAGES),
    )


def _git(directory: Path, *arguments: str) -> str | None:
    """What git says, without the newline at its end; None without git, repository or answer."""
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=directory, capture_output=True, text=True, errors="replace", timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.rstrip("\n") if answer.returncode == 0 else None


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return None
