"""The process that trains in a folder holds its lock, so that no second process trains the same run there."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gan_core.machine.files import LockedError, exclusive, locked
from gan_core.machine.lock_mark import mark_of

NAME = ".lock"
MARK = mark_of(Path(NAME)).name
ORPHAN_S = 60.0  # how long a run without a parent may take to its end: an evaluation, and a checkpoint
KILLED_S = 5.0  # how long it may take to be gone once it is killed
AGAIN_S = 0.1


class TakenError(Exception):
    """Another process trains in the folder."""


@contextmanager
def training_lock(
    directory: Path,
    wait_s: float = 0.0,
    give_up: Callable[[], bool] = lambda: False,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Hold the folder's lock for the body's time. Raises TakenError where another process holds it.

    `wait_s`: for a caller who knows that the holder can only be a run whose parent was killed. Such a run saves and
    ends soon, but not in the middle of an evaluation, so it is waited for, in seconds, unless `give_up()`; one that has
    not ended then hangs, or is stopped, and is killed. `on_wait` is called again and again meanwhile.
    """
    directory.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait_s
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(locked(directory / NAME, within_machine=wait_s > 0))
                break
            except LockedError as error:
                if give_up() or time.monotonic() >= until + (KILLED_S if wait_s else 0):
                    raise TakenError(str(error)) from None
                if wait_s and (time.monotonic() >= until or _is_stopped(error)):
                    _kill(error)
            on_wait()
            time.sleep(AGAIN_S)
        yield


def _kill(taken: LockedError) -> None:
    """End the holder, where it is a process of this machine."""
    parent = multiprocessing.parent_process()
    ours = {os.getpid(), os.getppid(), parent.pid if parent is not None else 0}
    if _is_here(taken) and int(taken.holder) not in ours:
        with suppress(OSError):
            os.kill(int(taken.holder), signal.SIGKILL)


def _is_stopped(taken: LockedError) -> bool:
    """Whether the system has stopped the holder (SIGSTOP), so that waiting for it is of no use; on Linux."""
    try:
        status = Path("/proc", taken.holder, "stat").read_text() if _is_here(taken) else ""
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["T"]


def _is_here(taken: LockedError) -> bool:
    return taken.holder.isdigit() and taken.host != "" and taken.is_here


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold the folder's lock for the body's time. Raises UserError where another process holds it."""
    with exclusive(directory / NAME, "a run"):
        yield
