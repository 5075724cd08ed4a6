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

from gan_core.machine.lock_mark import MarkedError, kernel, marked, place_of
from gan_core.machine.lock_reach import lock_reach
from gan_core.machine.trouble import BROKEN, FULL
from gan_core.problems import Problem, UserError

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)
WITH_LOCKS = "a folder on a local disk, or a network file system that is mounted with locks"


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
    """Another process holds the lock. `holder`: its process id, 'unknown' where it could not be read; `host`: its.

    `kernel`: of its machine, '' where an older version holds the lock; containers of two machines may have one host's
    name. `mark`: the file that says so where the system's lock can't; see `gan_core.machine.lock_mark`.
    """

    def __init__(self, holder: str, host: str = "", kernel: str = "", mark: Path | None = None) -> None:
        self.holder, self.host, self.kernel, self.mark = holder, host, kernel, mark
        super().__init__(f"held by process {holder}" if self.is_here else f"held by process {holder} on {host}")

    @property
    def is_here(self) -> bool:
        """Whether the holder is a process of this machine, as far as is known."""
        return self.mark is None and self.host in ("", socket.gethostname()) and self.kernel in ("", kernel())


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] | None = None, *, within_machine: bool = False) -> Iterator[None]:
    """Hold the lock on this file for the body's time.

    Where another process holds it: wait for it, after calling `on_wait`; without `on_wait` raise LockedError. Raises
    OSError where the file can be neither made nor opened, UserError where its file system has no locks. An existing
    file need not be writable. The system takes the lock back however the process ends. The file stays: removing it
    would let two processes hold locks on two files of one name. Programs started meanwhile do not inherit the lock.

    On a file system that keeps locks to one machine a mark keeps other machines out (`gan_core.machine.lock_mark`), and
    where nothing could, it is a UserError. Not so with `within_machine`, for what another machine may do at the same
    time, or that another lock keeps it from; nor with `on_wait`: who waits only saves work that may be done twice, and
    would wait for ever for a machine that is gone.
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
        with ExitStack() as stack:
            if on_wait is None and not within_machine:
                _keep_out_other_machines(descriptor, path, stack)
            with suppress(OSError):  # opened for reading alone: the lock holds without the note of its holder
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n{socket.gethostname()}\n{kernel()}\n".encode())
            yield
    finally:
        os.close(descriptor)


def _keep_out_other_machines(descriptor: int, path: Path, stack: ExitStack) -> None:
    """Hold the mark where the lock alone would not do. Raises LockedError where it is another machine's."""
    reach = lock_reach(descriptor, path)
    if reach.who == "everyone":
        return
    if reach.who == "nobody":
        message = (
            f"its file system ({reach.file_system}) has no locks between machines, without which two of them could "
            "work there at once"
        )
        raise UserError(Problem(message, source=str(path.parent), allowed=WITH_LOCKS))
    try:
        stack.enter_context(marked(path, place_of(descriptor)))
    except MarkedError as error:
        holder = error.holder
        raise LockedError(holder.process, holder.host, mark=holder.mark) from None


def _holder(descriptor: int) -> tuple[str, str, str]:
    """Process id, host and kernel of whoever holds the lock, as it noted them."""
    noted = os.read(descriptor, 300).decode(errors="replace").split()
    process, host, of_kernel = [*noted, *[""] * 3][:3]
    return process or "unknown", host, of_kernel


def _lock(descriptor: int, path: Path, operation: int) -> None:
    try:
        fcntl.flock(descriptor, operation)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        message = (
            f"its file system has no locks ({error.strerror}), without which two processes could work there at once"
        )
        raise UserError(Problem(message, source=str(path.parent), allowed=WITH_LOCKS)) from None


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
            raise UserError(Problem(f"{subject} is at work {_where(error)}", source=str(path))) from None
        except OSError as error:
            raise UserError(Problem(f"{subject} can't be locked: {error.strerror}", source=str(path))) from None
        yield


def _where(taken: LockedError) -> str:
    """'in another process (4711); wait for it, or stop it'; which file to remove where no process can be asked."""
    same_name = taken.host in ("", socket.gethostname())
    if taken.mark is None:
        on = "" if same_name else f" on {taken.host}"
        return f"in another process ({taken.holder}{on}); wait for it, or stop it"
    same = " (another machine of this name, or this one before it was started or mounted anew)" if same_name else ""
    return (
        f"on another machine: process {taken.holder} on {taken.host}{same}; wait for it, or stop it there; once it is "
        f"gone for certain, remove {taken.mark}"
    )
