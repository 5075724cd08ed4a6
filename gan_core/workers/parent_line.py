"""A child's line to its parent: events and signs of life go up, the request to stop comes down."""

import threading
import time
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from gan_core.events import Event

SIGN_OF_LIFE = b""
EVERY_S = 2.0  # how often a sign of life is due
BUSY = 0.05  # of one core: a process that uses less is not at work
LOOK_S = 0.1  # how often the pipe is asked for a request between two events


class ParentLine:
    """While entered, a thread gives signs of life: a message as long as this process computes, events or none.

    A long evaluation gives signs; a process that is stopped, or waits for a disk or a lock for ever, gives none. Who
    waits for a slow network or another process, and asks meanwhile whether to stop, gives signs.
    """

    def __init__(self, pipe: Connection, every_s: float = EVERY_S) -> None:
        self._pipe, self._every_s = pipe, every_s
        self._sending = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._give_signs, name="signs of life", daemon=True)
        self._asked, self._next_look, self._next_sign = False, 0.0, 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._pipe.close()

    def send(self, event: Event) -> None:
        """Report an event. Without a parent it is in the journal all the same, and `must_stop` holds."""
        self._send(event.model_dump_json().encode())
        self._next_look = 0.0

    def must_stop(self) -> bool:
        """Whether the parent has asked for it, or has gone. Who asks is alive, even where it computes nothing."""
        if not self._asked and time.monotonic() >= self._next_look:
            self._asked = self._pipe.poll()  # also where the other end is closed
            self._next_look = time.monotonic() + LOOK_S
            self.show_life()
        return self._asked

    def show_life(self) -> None:
        """Give a sign of life for a wait that is meant, at most every two seconds."""
        if time.monotonic() >= self._next_sign:
            self._send(SIGN_OF_LIFE)
            self._next_sign = time.monotonic() + self._every_s

    def _send(self, message: bytes) -> None:
        try:
            with self._sending:
                self._pipe.send_bytes(message)
        except (BrokenPipeError, ConnectionResetError):
            self._asked = True

    def _give_signs(self) -> None:
        used = time.process_time()  # s, of all threads
        while not self._ended.wait(self._every_s):
            now = time.process_time()
            if now - used >= BUSY * self._every_s:
                self._send(SIGN_OF_LIFE)
            used = now
