"""A process that is killed between any two of its writes: from one of them on, none is done any more."""

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
TORN = b'{"seq": 3, "time": 17'


class Killed(BaseException):
    """The process is gone: nothing catches this, and what is to be cleaned up on the way is not."""


class Cuts:
    """Counts the writes of what runs within `alive()`, and lets the one numbered `at`, and all after it, not happen.

    `torn`: a journal that was to be appended to then has a part of a line more.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int | None = None, torn: bool = False) -> None:
        self.at, self.torn, self.count, self._is_alive, self.was_killed = at, torn, 0, False, False
        for name in ("replace", "unlink", "rmdir", "link", "mkdir"):
            monkeypatch.setattr(os, name, self._counted(getattr(os, name), lambda *_, **__: True))
        monkeypatch.setattr(os, "open", self._counted(os.open, lambda path, flags, *_, **__: bool(flags & WRITING)))
        for module in (builtins, io):
            monkeypatch.setattr(module, "open", self._counted(module.open, _is_write))
        monkeypatch.setattr(os, "fsync", lambda descriptor: None)

    @contextmanager
    def alive(self) -> Iterator[None]:
        """What is done within is done by the process that is to be killed."""
        self._is_alive = True
        try:
            yield
        finally:
            self._is_alive = False

    def _counted(self, really: Callable[..., Any], is_write: Callable[..., bool]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._is_alive and is_write(*args, **kwargs):
                if self.at is not None and self.count >= self.at:
                    self._die(really, args)
                self.count += 1
            return really(*args, **kwargs)

        return call

    def _die(self, really: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._is_alive, self.was_killed = False, True
        if self.torn and len(args) > 1 and args[1] == "ab":
            with really(*args) as file:
                file.write(TORN)
        self.torn = False
        self._is_alive = True
        raise Killed


def _is_write(file: Any, mode: str = "r", *_: Any, **__: Any) -> bool:
    return any(letter in mode for letter in "wax+")
