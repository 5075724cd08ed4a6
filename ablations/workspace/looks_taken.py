"""`looks.json` in a study's folder: the looks that were taken, written before anybody sees what they say."""

from pathlib import Path

from ablations.workspace.record_file import read_or_none
from gan_core.machine import files
from gan_core.records import Record

NAME = "looks.json"
SCHEMA_VERSION = 1


class Said(Record):
    """What a look said of one question. `shown`, `low`, `high`: as the rule shows effects; None: no number."""

    question: str
    finding: str
    reason: str
    shown: float | None
    low: float | None
    high: float | None
    level: float
    chance: float | None = None


class LookTaken(Record):
    """One look. `given_up`: questions that are hopeless; `going_on`: the arms that get more seeds."""

    look: int  # 1 for the first
    seeds: int
    time: float  # seconds since 1970, when it was first taken
    said: tuple[Said, ...]
    given_up: tuple[str, ...] = ()
    going_on: tuple[str, ...] = ()


class LooksTaken(Record):
    """The content of the file."""

    schema_version: int = SCHEMA_VERSION
    looks: tuple[LookTaken, ...] = ()


def read_looks_taken(root: Path) -> tuple[LookTaken, ...]:
    """The looks on record in a study's folder, the first one first.

    () where there are none, or the file is damaged: the same looks are taken again, from the journals.
    """
    kept = read_or_none(root / NAME, LooksTaken)
    return () if kept is None else kept.looks


def write_looks_taken(root: Path, looks: tuple[LookTaken, ...]) -> None:
    """Keep them, atomically."""
    files.write_text(root / NAME, LooksTaken(looks=looks).model_dump_json(indent=1) + "\n", shared=True)
