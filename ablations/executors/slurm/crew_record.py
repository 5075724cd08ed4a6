"""The file that the next parent finds a study's workers by."""

from pathlib import Path

from pydantic import Field, ValidationError

from gan_core.machine.files import write_text
from gan_core.records import Record

SCHEMA_VERSION = 1
NAME = "workers.json"


class WorkerRecord(Record):
    """A worker that was submitted. `job`: SLURM's id of it."""

    name: str
    job: str


class CrewRecord(Record):
    """The file that the next parent finds the workers by. `asked`: what they were submitted for, in words."""

    schema_version: int = Field(SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    asked: str = ""
    workers: tuple[WorkerRecord, ...] = ()


def read_crew(control: Path) -> CrewRecord:
    """The workers that a former parent has left; none where there is no file, or one that can't be read."""
    try:
        return CrewRecord.model_validate_json((control / NAME).read_bytes())
    except (FileNotFoundError, ValidationError):
        return CrewRecord()


def write_crew(control: Path, record: CrewRecord) -> None:
    """Note the workers that are there now. Raises OSError."""
    control.mkdir(parents=True, exist_ok=True)
    write_text(control / NAME, record.model_dump_json(indent=1) + "\n")
