"""The identity of a trial, as its directory records it. Reading this needs neither the trainer nor torch."""

import os
from pathlib import Path
from typing import Any

from ablations.study.designs.search_options import Stage
from ablations.study.plugins import PluginRecords
from ablations.workspace.record_file import DamagedError, read_record
from gan_core import journal
from gan_core.problems import Problem
from gan_core.records import Printable, Record

SCHEMA_VERSION = 1
RECORD = "trial.json"
WAY_ON = "`run` with the study's file makes it anew; the journal is the truth, and is kept"


class TrialRecord(Record):
    """What a trial's directory says about itself, so that results can be read without the study file.

    `code`: digest of the trainer's source; None: not known, or more than one. `reused_from`: STUDY/FOLDER of the
    trial of which this is a copy. `reference` is None in records from before there was a choice. `stage`: of a search,
    whose explored trials are never ranked. `texts`: the options of its tricks in few words, so that a reader needs no
    trainer to know their defaults; None in records from before they were kept. `plugins`: code of the user's own.
    trainer to know their defaults; None in records from before they were kept. `block`: of a study across several
    settings, with which its arm's name ends.
    """

    schema_version: int = SCHEMA_VERSION
    study: Printable
    arm: Printable
    factors: dict[str, bool]
    seed: int
    fingerprint: str
    config: dict[str, Any]
    design: str | None = None
    reference: str | None = None
    previous: str | None = None
    code: str | None = None
    reused_from: str | None = None
    stage: Stage | None = None
    searched: tuple[str, ...] = ()
    texts: dict[str, str] | None = None
    plugins: PluginRecords
    block: str = ""

    @property
    def is_baseline(self) -> bool:
        """Whether this is a trial of the arm that the study's others are compared with."""
        return not any(self.factors.values()) if self.reference is None else self.arm == self.reference


def recorded_folders(trials: Path) -> list[Path]:
    """The folders of this folder that hold a trial's record, or a journal whose record is gone, by name.

    Raises PermissionError where one can't be looked into: a table without its trial would be another table.
    """
    try:
        return sorted(Path(entry.path) for entry in os.scandir(trials) if _holds_trial(Path(entry.path)))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _holds_trial(folder: Path) -> bool:
    return _is_there(folder / RECORD) or _is_there(folder / journal.NAME)


def _is_there(path: Path) -> bool:
    """Unlike a glob it does not take a folder that is closed to this user for an empty one."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_trial_record(directory: Path) -> TrialRecord:
    """Read a trial's `trial.json`.

    Raises FileNotFoundError where nothing has begun, UserError for one that is no such record or is missing beside a
    journal: `run` makes it anew (`restoring.py`).
    """
    path = directory / RECORD
    record = read_record(path, TrialRecord, WAY_ON)
    if record is None and _is_there(directory / journal.NAME):
        raise DamagedError(Problem(f"there is a journal without {RECORD}", source=str(path), allowed=WAY_ON))
    if record is None:
        raise FileNotFoundError(path)
    return record
