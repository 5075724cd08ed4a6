"""What one execution of a study is: the parent of the trials that it starts, kept on disk like everything else.

`executions/ID/` in the study's folder holds `execution.json` and the files that a tracker keeps with it: the study as
it was written, the provenance, uncommitted changes of tracked and named files, the lock file and what was installed. So
an execution that no server heard of can be sent later, with what was true then.
"""

import json
import secrets
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ablations.addresses import without_password
from ablations.workspace.cursor import read_cursor
from ablations.workspace.masking import masked
from ablations.workspace.patches import NAME as PATCH
from ablations.workspace.provenance import Provenance, environment, lock_file, provenance_of
from ablations.workspace.record_file import read_record
from gan_core import journal
from gan_core.machine import files as atomic
from gan_core.problems import UserError
from gan_core.records import Record

if TYPE_CHECKING:
    from ablations.study.study import Study
    from ablations.workspace.trials import Trial

FOLDER = "executions"
NAME = "execution.json"
FILES = "files"  # what goes with it, in a folder below
CODE = Path(__file__).parent  # whose checkout is on record
Outcome = Literal["finished", "failed", "interrupted", "killed"]


@dataclass(frozen=True)
class Execution:
    """One `run` of a study. `directory`: where its results are; `study_file`: the study as the user wrote it.

    `looks`: the seed counts at which arms may stop, () where none does; then `trials` are those known so far.
    `workers`: how many trials run at the same time, on `devices` in turn; None: not said. `executor`: its name.
    """

    study: str
    design: str
    directory: Path
    trials: "Sequence[Trial]"  # all of the study's, done or not
    study_file: Path
    provenance: Provenance
    looks: tuple[int, ...] = ()
    workers: int | None = None
    devices: tuple[str, ...] = ()
    executor: str | None = None

    @classmethod
    def of(
        cls,
        study: "Study",
        directory: Path,
        trials: "Sequence[Trial]",
        command: Sequence[str],
        named: Sequence[Path] = (),
        workers: int | None = None,
        devices: Sequence[str] = (),
        executor: str | None = None,
    ) -> "Execution":
        """The execution that this command begins. `named`: see `provenance_of`."""
        provenance = provenance_of(CODE, command, named)
        looks = study.looks.counts if study.looks.stop == "decided" else ()
        return cls(
            study=study.name,
            design=study.design,
            directory=directory,
            trials=tuple(trials),
            study_file=study.path,
            provenance=provenance,
            looks=looks,
            workers=workers,
            devices=tuple(devices),
            executor=executor,
        )

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, in the order of the trials."""
        return tuple(dict.fromkeys(trial.arm.name for trial in self.trials))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, ascending."""
        return tuple(sorted({trial.seed for trial in self.trials}))


class ExecutionRecord(Record):
    """An execution as its folder records it. `ended` and `outcome`: None while it goes on. `lost`: trials that died.

    `looks`, `workers`, `devices`, `executor`: as of `Execution`, the last three absent from older records; `seeds` and
    `trials` are those known when it began.
    """

    schema_version: int = 1
    id: str
    study: str
    design: str
    arms: int
    seeds: tuple[int, ...]
    trials: int
    looks: tuple[int, ...] = ()
    workers: int | None = None
    devices: tuple[str, ...] = ()
    executor: str | None = None
    started: float  # Unix time, s
    ended: float | None = None
    outcome: Outcome | None = None
    lost: tuple[str, ...] = ()
    provenance: Provenance


def begin_record(execution: Execution) -> Path:
    """Make the folder of an execution that begins now, and return it.

    What a killed process left open is closed first.
    """
    close_forsaken(execution.directory)
    now = time.time()
    record = ExecutionRecord(
        id=f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{secrets.token_hex(3)}",
        study=execution.study,
        design=execution.design,
        arms=len(execution.arms),
        seeds=execution.seeds,
        trials=len(execution.trials),
        looks=execution.looks,
        workers=execution.workers,
        devices=execution.devices,
        executor=execution.executor,
        started=now,
        provenance=execution.provenance,
    )
    folder = execution.directory / FOLDER / record.id
    files = folder / FILES
    files.mkdir(parents=True)
    shutil.copyfile(execution.study_file, files / execution.study_file.name)
    told = record.provenance.model_dump(exclude={"patch"})
    (files / "provenance.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (files / "environment.txt").write_text(environment(), encoding="utf-8")
    if record.provenance.patch:
        (files / PATCH).write_text(record.provenance.patch + "\n", encoding="utf-8")
    if lock := lock_file(Path(__file__).parents[1]):
        (files / lock.name).write_text(masked(lock.read_text(encoding="utf-8"))[0], encoding="utf-8")
    _write(folder, record)
    return folder


def end_record(folder: Path, outcome: Outcome, lost: Iterable[str] = ()) -> None:
    """Record how the execution in this folder ended."""
    changes = {"ended": time.time(), "outcome": outcome, "lost": tuple(lost)}
    _write(folder, read_execution(folder).model_copy(update=changes))


def forget_record(folder: Path) -> None:
    """Remove the record of an execution that never began."""
    shutil.rmtree(folder)


def read_execution(folder: Path) -> ExecutionRecord:
    """The record in this folder. Raises FileNotFoundError, or UserError for one that can't be read."""
    record = read_record(folder / NAME, ExecutionRecord, "set aside by the next `run` or `sync`")
    if record is None:
        raise FileNotFoundError(folder / NAME)
    return record


def executions_of(root: Path) -> list[Path]:
    """The folders of a study's executions, the first one first; a folder that a crash left without a record is
    skipped.
    """
    whole = [folder for folder in (root / FOLDER).glob("*") if _is_whole(folder)]
    return sorted(whole, key=lambda folder: read_execution(folder).started)


def is_execution_shipped(folder: Path, uri: str) -> bool:
    """Whether this execution's end is in the store at `uri`, as far as this folder knows."""
    cursor, outcome = read_cursor(folder), read_execution(folder).outcome
    if cursor is None or outcome is None or cursor.tracking_uri != without_password(uri):
        return False
    return cursor.status == outcome


def close_forsaken(root: Path) -> None:
    """Mark executions without an end as killed. The caller holds the study's lock: nobody else is at work."""
    for folder in executions_of(root):
        record = read_execution(folder)
        if record.outcome is None:
            _write(folder, record.model_copy(update={"ended": _last_sign(root, record), "outcome": KILLED}))


def _last_sign(root: Path, record: ExecutionRecord) -> float:
    """The last time at which a journal grew."""
    signs = (path.stat().st_mtime for path in root.glob(f"trials/*/{journal.NAME}"))
    return max((record.started, *signs))


def _is_whole(folder: Path) -> bool:
    try:
        read_execution(folder)
    except (FileNotFoundError, UserError):
        return False
    return True


def _write(folder: Path, record: ExecutionRecord) -> None:
    atomic.write_text(folder / NAME, record.model_dump_json(indent=2) + "\n")


KILLED = "killed"
