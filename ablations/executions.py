"""What each `run` of a study was: its command, commit and versions, kept in the study's folder for its report."""

import os
import platform
import time
from pathlib import Path

from pydantic import ValidationError

from ablations.provenance import Provenance
from gan_core.records import Record

NAME = "executions.jsonl"


class ExecutionRecord(Record):
    """One execution. Neither user nor host: reports are published. None: not known."""

    time: float  # Unix time of its start, s
    command: str
    commit: str | None
    dirty: bool | None
    versions: dict[str, str]
    machine: str


def keep_execution(root: Path, provenance: Provenance) -> None:
    """Add one to the study's folder."""
    record = ExecutionRecord(
        time=time.time(),
        command=provenance.command,
        commit=provenance.commit,
        dirty=provenance.dirty,
        versions=provenance.versions,
        machine=_machine(),
    )
    with open(root / NAME, "a", encoding="utf-8") as file:
        file.write(record.model_dump_json() + "\n")


def read_executions(root: Path) -> tuple[ExecutionRecord, ...]:
    """Those of a study's folder, the first one first; a line torn by a crash is skipped."""
    path = root / NAME
    if not path.exists():
        return ()
    records = []
    for line in path.read_bytes().splitlines():
        try:
            records.append(ExecutionRecord.model_validate_json(line))
        except ValidationError:
            continue
    return tuple(records)


def _machine() -> str:
    """Processor and number of cores that this process may use."""
    names = [platform.processor(), platform.machine()]
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")] + names
    except OSError:  # not Linux
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{next((name for name in names if name), 'unknown processor')}, {cores} cores"
