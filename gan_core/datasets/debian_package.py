"""Unpacking a Debian package without root: `apt-get download`, then `dpkg-deb -x`, in a given folder."""

import os
import shutil
import subprocess
from pathlib import Path

TIMEOUT_S = 600
SOCKET_TIMEOUT_S = 15


def unpack(package: str, draft: Path) -> Path:
    """Unpack `package` below `draft`; returns the folder that stands for '/'. Raises OSError with the reason.

    Where the machine has no package lists (as in a fresh container), lists of its own are fetched into `draft`.
    """
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise OSError(f"this system has no {program}")
    private = draft / "apt"
    (private / "lists" / "partial").mkdir(parents=True)
    own_lists = ["-o", f"Dir::State::lists={private / 'lists'}", "-o", f"Dir::Cache={private}"]
    try:
        _apt(["download", package], draft)
    except OSError as first:
        try:
            _apt([*own_lists, "update"], draft)
            _apt([*own_lists, "download", package], draft)
        except OSError as second:
            raise OSError(f"{first}; with package lists fetched again: {second}") from second
    (archive,) = draft.glob(f"{package}_*.deb")
    root = draft / "root"
    _run(["dpkg-deb", "-x", str(archive), str(root)], draft)
    return root


def _apt(arguments: list[str], folder: Path) -> None:
    options = ["-q", "-o", f"Acquire::http::Timeout={SOCKET_TIMEOUT_S}", "-o", "Acquire::Retries=1"]
    options += ["-o", "APT::Update::Error-Mode=any"]  # else `update` without network succeeds, with warnings
    _run(["apt-get", *options, *arguments], folder)


def _run(command: list[str], folder: Path) -> None:
    """Run quietly in `folder`. Raises OSError with the last error line."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{command[0]} not done after {TIMEOUT_S} s") from error
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith(("E:", "dpkg-deb: error"))]
        raise OSError(f"{command[0]}: {errors[-1] if errors else f'ended with code {done.returncode}'}")
