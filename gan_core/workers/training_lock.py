"""The process that trains in a folder holds its lock, so that no second process trains the same run there."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gan_core.machine.files import LockedError, exclusive, locked

NAME = ".lock"
ORPHAN_S = 120.0  # how long a run without a parent may take to its end: an evaluation, and a checkpoint
AGAIN_S = 0.1


class TakenError(Exception):
    """Another process trains in the folder."""


@contextmanager
def training_lock(directory: Path, wait_s: float = 0.0, give_up: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the folder's lock for the body's time. Raises TakenError where another process holds it.

    `wait_s`: how long it is waited for first, in seconds, unless `give_up()`. A run whose parent was killed saves and
    ends soon, but not in the middle of an evaluation.
    """
    directory.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait_s
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(locked(directory / NAME))
                break
            except LockedError as error:
                if time.monotonic() >= until or give_up():
                    raise TakenError(str(error)) from None
            time.sleep(AGAIN_S)
        yield


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold the folder's lock for the body's time. Raises UserError where another process holds it."""
    with exclusive(directory / NAME, "a run"):
        yield
