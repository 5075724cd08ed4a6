"""A growing journal, read on from where reading ended: the cost depends on what is new, not on all there is."""

from pathlib import Path

from pydantic import ValidationError

from gan_core import journal
from gan_core.events import AnyEvent, event_from_json


class JournalTail:
    """The events of one journal as `gan_core.journal.read` returns them.

    Another file in its place is read from the start.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / journal.NAME
        self._events: list[AnyEvent] = []
        self._offset = 0
        self._inode = 0

    def read(self) -> list[AnyEvent]:
        """All events so far, in order; a line that is being written counts once it is complete."""
        try:
            with open(self._path, "rb") as file:
                there = self._path.stat()
                if there.st_ino != self._inode or there.st_size < self._offset:
                    self._events, self._offset, self._inode = [], 0, there.st_ino
                file.seek(self._offset)
                fresh = file.read()
        except FileNotFoundError:
            return []
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self._enter(line)
        return list(self._events)

    def _enter(self, line: bytes) -> None:
        try:
            event = event_from_json(line)
        except ValidationError:
            return  # torn by a crash
        while self._events and self._events[-1].seq >= event.seq:
            self._events.pop()
        self._events.append(event)
