"""A mark next to a lock that says which machine holds it, for file systems that keep locks to one machine.

The mark is a file that one machine alone can make (O_EXCL). It lies next to the lock for as long as that is held, and
stays where its process is killed: the same machine takes it over, which the lock has kept free of others; any other
machine is refused until somebody who knows that its process is gone removes it.
"""

import functools
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".held"
LINES = 5  # process, host, kernel, device, and what makes this mark another one than the last
UNREADABLE_S, AGAIN_S = 2.0, 0.1  # how long a mark may have no content: it is written after it is made
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Place:
    """A machine's view of a file system: locks of the processes that share it are known to each other.

    `kernel`: an id of the running system, for containers on two machines may have one host's name; started anew, a
    machine is another one. `device`: the mount's number; two mounts of one folder on a machine don't share locks.
    """

    host: str
    kernel: str
    device: int


@dataclass(frozen=True)
class Holder:
    """Whose mark it is; 'unknown' where it could not be read. `mark`: the file."""

    process: str
    host: str
    mark: Path


class MarkedError(Exception):
    """Another machine holds the lock, as far as its mark says."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(f"held by process {holder.process} on {holder.host}")
        self.holder = holder


def place_of(descriptor: int) -> Place:
    """Where this process sees the open file from."""
    return Place(socket.gethostname(), kernel(), os.fstat(descriptor).st_dev)


@functools.cache
def kernel() -> str:
    """What tells this running system from any other."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return f"{sys.platform}-{uuid.getnode():012x}"


def mark_of(lock: Path) -> Path:
    """The mark of this lock."""
    return lock.with_name(lock.name + SUFFIX)


@contextmanager
def marked(lock: Path, place: Place) -> Iterator[None]:
    """Hold the mark of a lock that this process holds, for the body's time.

    Raises MarkedError where it is another place's, and OSError where none can be made.
    """
    mark = mark_of(lock)
    content = f"{os.getpid()}\n{place.host}\n{place.kernel}\n{place.device}\n{uuid.uuid4().hex}\n".encode()
    while not _made(mark, content):
        noted = _noted(mark)
        if noted is None:
            continue  # it has just been removed
        if noted[1:4] != [place.host, place.kernel, str(place.device)]:
            process, host = noted[:2] if len(noted) >= LINES else ("unknown", "unknown")
            raise MarkedError(Holder(process, host, mark))
        mark.unlink(missing_ok=True)  # left by a process of this place that was killed
    try:
        yield
    finally:
        with suppress(OSError):
            if mark.read_bytes() == content:  # not that of whoever came after somebody had removed ours
                mark.unlink()


def _made(mark: Path, content: bytes) -> bool:
    """Make the mark, unless it is there."""
    try:
        descriptor = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        return False
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return True


def _noted(mark: Path) -> list[str] | None:
    """The lines of the mark; None where there is none."""
    until = time.monotonic() + UNREADABLE_S
    while True:
        try:
            lines = mark.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return None
        if len(lines) >= LINES or time.monotonic() >= until:
            return lines
        time.sleep(AGAIN_S)
