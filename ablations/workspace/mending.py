"""Damaged files of a study's folder that can be found anew: set aside with a warning that names them, or passed over.

`mend` is for whoever holds the study's lock; `warnings_about` for those who may only read, and go on without them.
What can't be found anew from other files alone (`study.json`, `trial.json`) is `restoring.py`'s, with the study's file.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from ablations.addresses import without_password
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.cursor import Cursor
from ablations.workspace.database_file import damage_of_database, is_half_made, set_database_aside
from ablations.workspace.execution_record import FOLDER as EXECUTIONS
from ablations.workspace.execution_record import NAME as EXECUTION
from ablations.workspace.execution_record import ExecutionRecord
from ablations.workspace.floors import FILE as FLOORS
from ablations.workspace.floors import FloorsFile
from ablations.workspace.identity import NAME as IDENTITY
from ablations.workspace.identity import Identity
from ablations.workspace.looks_taken import NAME as LOOKS
from ablations.workspace.looks_taken import LooksTaken
from ablations.workspace.model_record import FOLDER as MODELS
from ablations.workspace.model_record import ModelCursor
from ablations.workspace.record_file import OTHER_VERSION, DamagedError, read_or_none, read_record, set_aside
from ablations.workspace.workspace import Workspace
from gan_core.problems import Problem, UserError


@dataclass(frozen=True)
class Findable:
    """A kind of record that can be found anew. `pattern`: its files; `anew`: what is done without one, in words."""

    pattern: str
    kind: type[BaseModel]
    anew: str


SENT = "what was sent is looked for in the store"
TRACES = (  # of the study elsewhere
    Findable(f"trials/*/{CURSOR}", Cursor, SENT),
    Findable(f"{EXECUTIONS}/*/{CURSOR}", Cursor, SENT),
    Findable(f"{MODELS}/*.json", ModelCursor, "the model is looked for in the store"),
    Findable(IDENTITY, Identity, "the folder counts as another one on servers"),
)
RECORDS = (
    *TRACES,
    Findable(FLOORS, FloorsFile, "the floors are measured again"),
    Findable(LOOKS, LooksTaken, "the same looks are taken again, from the journals"),
    Findable(f"{EXECUTIONS}/*/{EXECUTION}", ExecutionRecord, "the page lists one execution less; its trials are whole"),
)
LEDGER = "the ledger is made again from the journals"
EXPERIMENTS = "experiments"  # the table that MLflow fills last of all when it makes a new database
STORE = "everything is sent again from the journals"


@dataclass(frozen=True)
class Damage:
    """A damaged file, why it can't be read, and what is done without it."""

    path: Path
    reason: str
    anew: str


def mend(workspace: Workspace) -> list[str]:
    """Set aside what is damaged and can be found anew; a warning about each. The study's lock is the caller's."""
    said = [f"{each.path}: {each.reason}; it is now {set_aside(each.path).name}: {each.anew}"
            for each in _damaged(workspace.root, RECORDS)]  # fmt: skip
    for path, anew in ((workspace.optuna_db, LEDGER), (workspace.mlflow_db, STORE)):
        reason = damage_of_database(path)
        if not reason and path == workspace.mlflow_db and is_half_made(path, EXPERIMENTS):
            reason = "its tables are half made"
        if reason:
            said.append(f"{path}: {reason}; it is now {set_database_aside(path).name}: {anew}")
    if not workspace.mlflow_db.exists() and _forget(workspace) and not any(STORE in each for each in said):
        said.append(f"{workspace.mlflow_db}: the file is gone; {STORE}")
    return said


def warnings_about(root: Path) -> list[str]:
    """What is damaged in a study's folder, and is passed over by whoever may only read."""
    way_on = "passed over here, and set aside by the next `run` or `sync`"
    return [f"{each.path}: {each.reason}; {way_on}: {each.anew}" for each in _damaged(root, RECORDS)]


def refuse_without_traces(root: Path, way_on: str) -> None:
    """Raise UserError where a damaged file was to say what of the study is elsewhere."""
    problems = [Problem(each.reason, source=str(each.path), allowed=way_on) for each in _damaged(root, TRACES)]
    if problems:
        raise UserError(*problems)


def _damaged(root: Path, kinds: tuple[Findable, ...]) -> Iterator[Damage]:
    for kind in kinds:
        for path in _files(root, kind.pattern):
            try:
                read_record(path, kind.kind, OTHER_VERSION)
            except DamagedError as error:
                yield Damage(path, error.problems[0].message, kind.anew)


def _files(root: Path, pattern: str) -> Iterator[Path]:
    """What has such a name, also a link that leads nowhere."""
    folder, _, name = pattern.rpartition("/")
    for parent in sorted(root.glob(folder)) if folder else [root]:
        paths = sorted(parent.glob(name)) if "*" in name else [parent / name]
        yield from (path for path in paths if os.path.lexists(path))


def _forget(workspace: Workspace) -> int:
    """Remove what says that the study's own store has something; returns how much that was."""
    own, forgotten = without_password(workspace.mlflow_uri), 0
    for found in TRACES:
        for path in _files(workspace.root, found.pattern):
            if issubclass(found.kind, Cursor | ModelCursor):
                record = read_or_none(path, found.kind)
                if record is not None and record.tracking_uri == own:
                    path.unlink()
                    forgotten += 1
    return forgotten
