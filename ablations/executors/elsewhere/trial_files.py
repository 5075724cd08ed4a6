"""Which files of a trial travel, and what their names mean to those who send them."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from gan_core import journal
from gan_core.events import Finished, event_from_json

CHECKPOINT, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"
AWAY = "elsewhere.json"  # in the folder of a trial at home: where it is trained now
STAY = frozenset({PREVIOUS, AWAY, "trial.json", "summary.json", "mlflow.json"})  # all but the first: the parent's
BEGUN = "begun.txt"  # beside a trial's files in the exchange: one of the next two
WAITED_FOR, CALLED_HOME = b"waited for\n", b"called home\n"


def travelling(directory: Path) -> list[str]:
    """The files of a trial's folder that go along with it, as paths within, in order; none of a hidden name."""
    return sorted(_plain_files(directory, "")) if directory.is_dir() else []


def _plain_files(folder: Path, inside: str) -> Iterator[str]:
    for path in folder.iterdir():
        name = f"{inside}{path.name}"
        if path.name.startswith(".") or path.name.endswith(".tmp") or name in STAY or path.is_symlink():
            continue
        if path.is_dir():
            yield from _plain_files(path, f"{name}/")
        elif path.is_file():
            yield name


def before_the_end(content: bytes) -> bytes:
    """A journal's content without its last line, where that is the end of the run; else all of it."""
    body, newline, _ = content.rpartition(b"\n")
    start = body.rfind(b"\n") + 1
    return content[:start] if newline and end_in(body[start:]) is not None else content


def end_in(line: bytes) -> Finished | None:
    """The end of a run that a line of a journal tells; None for anything else."""
    try:
        event = event_from_json(line)
    except ValidationError:
        return None
    return event if isinstance(event, Finished) else None


def result_in(content: bytes) -> Finished | None:
    """The result that a journal ends with; None where it ends with anything else, such as a failure."""
    events = journal.events_in(content)
    end = events[-1] if events else None
    return end if isinstance(end, Finished) and end.is_result else None
