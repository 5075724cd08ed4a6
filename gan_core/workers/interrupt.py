"""Ctrl-C as a request that is granted after a step, so that a checkpoint is saved first; the second one is an order."""

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOGETHER_S = 0.3  # a terminal that closes sends SIGHUP twice, and so do some schedulers: that is one request
AT_ONCE = 1  # exit code: not everything is done
KILL_S = 0.5
STDERR = 2
LAST_WORDS = b"stopped at once; what was computed is kept, and the same command goes on from the last checkpoints\n"
SHOW_CURSOR = b"\x1b[?25h"  # a live display has hidden it


class Interrupt:
    """While entered: the first SIGINT, SIGTERM or SIGHUP is a request, the next one ends this process at once.

    `grants`: whether the request only sets `requested`, for whoever asks it between two steps; otherwise it raises
    KeyboardInterrupt, and the body ends tidily. One that grants may stand within one that does not, and they count
    signals together.

    At once: `kill_children` is called, and this process exits with code 1, whatever it waits for. What was computed is
    in journals and checkpoints, as after a power cut. SIGHUP stays ignored where it is when this is entered (nohup).
    """

    def __init__(self, grants: bool = True, kill_children: Callable[[], None] | None = None) -> None:
        """`kill_children`: None: that of the one around this one, else those that multiprocessing knows."""
        self.grants, self._kill_children = grants, kill_children
        self.requested = False
        self._first = 0.0  # monotonic time of the first request, s
        self._outer: Interrupt | None = None

    def __enter__(self) -> Self:
        # The system's handler writes the signal's number, even where this thread waits in code that is not Python's
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._former_wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        heeded = [number for number in SIGNALS if number != signal.SIGHUP or not _is_ignored(number)]
        self._former = {number: signal.signal(number, self._note) for number in heeded}
        self._join_outer()
        self._thread = threading.Thread(target=self._watch, name="signals", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_wakeup)
        self._writer.close()
        self._thread.join()
        self._reader.close()
        if self._outer is not None:
            self._outer.requested, self._outer._first = self.requested, self._first

    def _join_outer(self) -> None:
        """Go on counting where the one around this one has got to."""
        owners = [getattr(handler, "__self__", None) for handler in self._former.values()]
        self._outer = next((owner for owner in owners if isinstance(owner, Interrupt)), None)
        if self._outer is not None:
            self.requested, self._first = self._outer.requested, self._outer._first
            self._kill_children = self._kill_children or self._outer._kill_children

    def _note(self, number: int, frame: FrameType | None) -> None:
        was_requested, self.requested = self.requested, True
        if not self.grants and not was_requested:
            raise KeyboardInterrupt

    def _watch(self) -> None:
        while numbers := self._reader.recv(16):
            for number in numbers:
                if number in self._former:
                    self._heed(time.monotonic())

    def _heed(self, now: float) -> None:
        if not self._first:
            self._first = now
            self.requested = self.requested or self.grants  # even while the main thread waits
        elif now - self._first > TOGETHER_S:
            _end_at_once(self._kill_children or _kill_children)


def let_go() -> None:
    """At the very end of a program: signals end it without a word. Those that are ignored stay so."""
    for number in SIGNALS:
        if not _is_ignored(number):
            signal.signal(number, signal.SIG_DFL)


def _is_ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _kill_children() -> None:
    for child in multiprocessing.active_children():
        child.kill()


def _end_at_once(kill_children: Callable[[], None]) -> None:
    killing = threading.Thread(target=kill_children, daemon=True)
    killing.start()
    killing.join(KILL_S)  # whatever state the main thread has left things in
    with suppress(OSError):
        os.write(STDERR, (SHOW_CURSOR if os.isatty(STDERR) else b"") + LAST_WORDS)
    os._exit(AT_ONCE)
