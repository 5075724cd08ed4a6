"""Ctrl-C as a request that is granted after a step, so that a checkpoint is saved first; the second one is an order."""

import multiprocessing
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TOGETHER_S = 0.3  # a terminal that closes sends SIGHUP twice, and so do some schedulers: that is one request
AT_ONCE = 1  # exit code: not everything is done
STDERR = 2
LAST_WORDS = b"stopped at once; the last checkpoints are kept, and the same command goes on from them\n"
SHOW_CURSOR = b"\x1b[?25h"  # a live display has hidden it


class Interrupt:
    """While entered: the first SIGINT, SIGTERM or SIGHUP sets `requested`; the next one ends this process at once.

    At once: its children are killed, and it exits with code 1, whatever it waits for. What was computed is in journals
    and checkpoints, as after a power cut. Signals that are ignored when it is entered (nohup) stay ignored.
    """

    def __init__(self) -> None:
        self.requested = False
        self._first = 0.0  # monotonic time of the first request, s

    def __enter__(self) -> Self:
        # The system's handler writes the signal's number, even where this thread waits in code that is not Python's
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._former_wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._former = {number: signal.signal(number, self._note) for number in heeded}
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

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True

    def _watch(self) -> None:
        while numbers := self._reader.recv(16):
            for number in numbers:
                if number in self._former:
                    self._heed(time.monotonic())

    def _heed(self, now: float) -> None:
        if not self._first:
            self._first, self.requested = now, True
        elif now - self._first > TOGETHER_S:
            _end_at_once()


def _end_at_once() -> None:
    with suppress(Exception):  # whatever state the main thread has left this in
        for child in multiprocessing.active_children():
            child.kill()
    with suppress(OSError):
        os.write(STDERR, (SHOW_CURSOR if os.isatty(STDERR) else b"") + LAST_WORDS)
    os._exit(AT_ONCE)
