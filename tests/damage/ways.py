"""The seven ways in which a file may be damaged, by a crash, a full disk, a bad cable or an editor."""

from collections.abc import Callable
from pathlib import Path

JUNK = b"\n\x9c\xffjunk{]\n"


def _absent(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _halved(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _last_line_cut(path: Path) -> None:
    """The last line is gone and the one before it torn; of a file of one line its second half."""
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    rest = b"".join(lines[:-1]) or content
    path.write_bytes(rest[: -max(2, len(rest) // 2 if len(lines) < 2 else len(lines[-2]) // 2)])


def _garbled(path: Path) -> None:
    """A tenth of the file, in its middle, is other bytes."""
    content = path.read_bytes()
    start, length = len(content) * 9 // 20, max(8, len(content) // 10)
    path.write_bytes(
        content[:start] + bytes((b ^ 0xA5) for b in content[start : start + length]) + content[start + length :]
    )


def _nuls(path: Path) -> None:
    """What some file systems leave after the power has gone: the right length, and nothing in it."""
    path.write_bytes(bytes(path.stat().st_size))


def _junk(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(JUNK)


WAYS: dict[str, Callable[[Path], None]] = {
    "absent": _absent,
    "empty": _empty,
    "halved": _halved,
    "last line cut": _last_line_cut,
    "middle garbled": _garbled,
    "NULs": _nuls,
    "junk appended": _junk,
}
