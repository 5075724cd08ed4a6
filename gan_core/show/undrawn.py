"""The reason why pictures of a run could not be drawn, kept in the run's folder until they are drawn."""

from contextlib import suppress
from pathlib import Path

NAME = "show/undrawn.txt"


def keep_undrawn(directory: Path, traceback: str) -> None:
    """Write down what went wrong, if the disk allows it."""
    with suppress(OSError):
        (directory / NAME).parent.mkdir(exist_ok=True)
        (directory / NAME).write_text(traceback, encoding="utf-8")


def forget_undrawn(directory: Path) -> None:
    """Remove the note: the pictures are drawn now."""
    (directory / NAME).unlink(missing_ok=True)


def why_undrawn(directory: Path) -> str:
    """What went wrong, in one line; '' where nothing did."""
    try:
        lines = (directory / NAME).read_text(encoding="utf-8").strip().splitlines()
    except FileNotFoundError:
        return ""
    return lines[-1] if lines else "for an unknown reason"
