"""Files that are whole or not there at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gan_core.problems import Problem, UserError


def write_text(path: Path, text: str) -> None:
    """Put `text` into the file in one step: a reader, or a crash, meets the old content or the new."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:  # the place is a folder, the disk is full
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def exclusive(path: Path, subject: str) -> Iterator[None]:
    """Hold the lock on this file. Raises UserError if the file can't be written, or, naming the holder, if it is taken.

    The file stays: removing it would let two processes hold locks on two files of one name. Programs started
    meanwhile do not inherit the lock.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UserError(Problem(f"{subject} can't be locked: {error.strerror}", source=str(path))) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            message = f"{subject} is at work in another process ({holder}); wait for it, or stop it"
            raise UserError(Problem(message, source=str(path))) from None
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
