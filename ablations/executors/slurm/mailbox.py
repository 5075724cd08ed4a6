"""Messages through files of a shared folder: one process appends, one reads, and neither lists a folder.

A file is opened anew for every look, so that a network file system shows what another machine has closed.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from gan_core.records import Record

INBOX, OUTBOX = "inbox.jsonl", "outbox.jsonl"
MOST_AT_ONCE = 16 << 20  # bytes


class Outgoing:
    """The end that writes: whatever it adds is in the file, for all machines, when `add` returns.

    `makes_folder`: whether the mailbox is this end's to make. The other end knows by its folder that it is used.
    """

    def __init__(self, path: Path, makes_folder: bool = False) -> None:
        self.path, self._makes_folder = path, makes_folder

    def add(self, messages: Sequence[Record]) -> None:
        """Append these messages, in order. Raises OSError, also where the mailbox is not there any more."""
        if not messages:
            return
        if self._makes_folder:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = b"".join(message.model_dump_json().encode() + b"\n" for message in messages)
        with open(self.path, "a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                lines = lines if file.read(1) == b"\n" else b"\n" + lines  # the writer before us was killed in a line
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())


class Incoming:
    """The end that reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def lines(self) -> list[bytes]:
        """The whole lines that have been added since the last look; [] where the file is not there yet."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self._offset)
                content = file.read(MOST_AT_ONCE)
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [line for line in whole.splitlines() if line]
