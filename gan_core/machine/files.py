"""Files that appear whole or not at all, and locks that one process holds at a time."""

import errno
import fcntl
import os
import re
import socket
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from gan_core.machine.trouble import BROKEN, FULL
from gan_core.problems import Problem, UserError

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)


@contextmanager
def replacing(path: Path, *, shared: bool = False, durable: bool = True) -> Iterator[Path]:
    """Give a temporary path in the same folder; what the body writes there takes the place of `path` in one step.

    A reader, or a crash, meets the old content or the new. Where the body fails, `path` stays as it was and nothing is
    left behind; a full disk and the like are an OSError that names `path`, whatever the library that writes makes of
    them. The file gets the permissions that the umask allows. `shared`: several processes may write this file at once,
    so each has a temporary name of its own. `durable`: the content is on the disk before it takes the place.
    """
    own = f".{uuid.uuid4().hex}" if shared else ""  # process ids repeat in containers that share a volume
    temporary = path.with_name(f".{path.name}{own}.tmp")
    mode = _made(temporary, path)
    try:
        yield temporary
        if stat.S_IMODE(temporary.stat().st_mode) != mode:
            temporary.chmod(mode)  # some libraries make files that are their owner's alone
        if durable:
            _sync(temporary)
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, Exception) and (number := _refusal(error, temporary)) is not None:
            raise OSError(number, os.strerror(number), str(path)) from None
        raise


def _refusal(error: BaseException, temporary: Path) -> int | None:
    """The system's error number where a full disk or the like kept a writer from writing `temporary`; None otherwise.

    torch raises a RuntimeError on the way from the system's error, and safetensors one with its number in words.
    """
    current: BaseException | None = error
    while current is not None:
        number = None
        if isinstance(current, OSError) and current.filename in (None, temporary, str(temporary)):
            number = current.errno
        elif found := re.search(r"\(os error (\d+)\)", str(current)):
            number = int(found[1])
        if number in {**FULL, **BROKEN}:
            return number
        current = current.__cause__ or current.__context__
    return None


def _made(temporary: Path, path: Path) -> int:
    """Make the temporary file and return the permissions that the umask gives it. Errors name `path`."""
    try:
        temporary.unlink(missing_ok=True)  # a crash may have left one, with other permissions
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        error.filename = str(path)
        raise
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str, *, shared: bool = False, durable: bool = True) -> None:
    """Put `text` into the file in one step; see `replacing`."""
    with replacing(path, shared=shared, durable=durable) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_aside(path: Path) -> Path:
    """Give a damaged file another name, NAME.damaged-1 or the next number that is free; returns where it is now."""
    numbered = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
    return path.rename(next(place for place in numbered if not os.path.lexists(place)))


class LockedError(Exception):
    """Another process holds the lock. `holder`: its process id, 'unknown' where it could not be read; `host`: its."""

    def __init__(self, holder: str, host: str = "") -> None:
        super().__init__(f"held by process {holder}")
        self.holder, self.host = holder, host


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock on this file for the body's time.

    Where another process holds it: wait for it, after calling `on_wait`; without `on_wait` raise LockedError. Raises
    OSError where the file can be neither made nor opened, UserError where its file system has no locks. An existing
    file need not be writable. The system takes the lock back however the process ends. The file stays: removing it
    would let two processes hold locks on two files of one name. Programs started meanwhile do not inherit the lock.
    """
    descriptor = _open(path)
    try:
        try:
            _lock(descriptor, path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait is None:
                raise LockedError(*_holder(descriptor)) from None
            on_wait()
            _lock(descriptor, path, fcntl.LOCK_EX)
        with suppress(OSError):  # opened for reading alone: the lock holds without the note of its holder
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n{socket.gethostname()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> tuple[str, str]:
    """Process id and host of whoever holds the lock, as it noted them."""
    noted = os.read(descriptor, 300).decode(errors="replace").split()
    return noted[0] if noted else "unknown", noted[1] if len(noted) > 1 else ""


def _lock(descriptor: int, path: Path, operation: int) -> None:
    try:
        fcntl.flock(descriptor, operation)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        message = (
            f"its file system has no locks ({error.strerror}), without which two processes could work there at once"
        )
        allowed = "a folder on a local disk, or a network file system that is mounted with locks"
        raise UserError(Problem(message, source=str(path.parent), allowed=allowed)) from None


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not path.exists():
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def exclusive(path: Path, subject: str) -> Iterator[None]:
    """Hold the lock on this file, or raise a UserError that names the subject and, where it is taken, the holder."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path))
        except LockedError as error:
            message = f"{subject} is at work in another process ({error.holder}); wait for it, or stop it"
            raise UserError(Problem(message, source=str(path))) from None
        except OSError as error:
            raise UserError(Problem(f"{subject} can't be locked: {error.strerror}", source=str(path))) from None
        yield
