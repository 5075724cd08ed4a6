"""How much of a trial's journal a store has: `mlflow.json` in the trial's directory."""

from pathlib import Path

from ablations.addresses import without_password
from ablations.workspace.record_file import read_or_none
from gan_core import journal
from gan_core.events import Finished
from gan_core.machine.files import write_text
from gan_core.records import Record

NAME = "mlflow.json"
SCHEMA_VERSION = 1


class Cursor(Record):
    """Where a trial's events were sent, and how far.

    `seq`: the last event sent, -1 for none; `status`: that of the end, if sent; `samples`: how many samples of the
    machine were sent.

    The end of a run is not counted in `seq`: a failed run is tried again, and continues with the numbers before its
    end.
    """

    schema_version: int = SCHEMA_VERSION
    tracking_uri: str  # without a password
    experiment_id: str
    run_id: str
    seq: int = -1
    status: str = ""
    samples: int = 0


def read_cursor(directory: Path) -> Cursor | None:
    """The cursor of the trial in this directory, or None before anything was sent, or where it is damaged.

    Without it what was sent is looked for in the store. Raises UserError for another version's.
    """
    return read_or_none(directory / NAME, Cursor)


def write_cursor(directory: Path, cursor: Cursor) -> None:
    """Put the cursor in the directory, atomically."""
    write_text(directory / NAME, cursor.model_dump_json(indent=2) + "\n")


def is_shipped(directory: Path, uri: str) -> bool:
    """Whether the store at `uri` has everything of this trial's journal, as far as this folder knows."""
    events = journal.backwards(directory)
    end = next(events, None)
    if end is None:
        return True
    cursor = read_cursor(directory)
    if cursor is None or cursor.tracking_uri != without_password(uri):
        return False
    if isinstance(end, Finished):
        before = next(events, None)
        return cursor.status == end.status and (before is None or before.seq <= cursor.seq)
    return cursor.seq >= end.seq


def is_settled(directory: Path, uri: str) -> bool:
    """Whether the store at `uri` has all of this trial, and knows that nobody works on it.

    For callers who know that.
    """
    cursor = read_cursor(directory)
    return is_shipped(directory, uri) and (cursor is None or cursor.status != "")


def experiment_of(trials: Path) -> str | None:
    """The id of the experiment that the trials in this folder were last sent to; None before that."""
    cursors = (read_cursor(directory) for directory in sorted(trials.glob("*")))
    return next((cursor.experiment_id for cursor in cursors if cursor is not None), None)
