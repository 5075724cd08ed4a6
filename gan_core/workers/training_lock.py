"""The process that trains in a folder holds its lock, so that no second process trains the same run there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gan_core.machine.files import LockedError, locked

NAME = ".lock"


class TakenError(Exception):
    """Another process trains in the folder."""


@contextmanager
def training_lock(directory: Path) -> Iterator[None]:
    """Hold the folder's lock for the body's time. Raises TakenError where another process holds it."""
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(directory / NAME))
        except LockedError as error:
            raise TakenError(str(error)) from None
        yield
