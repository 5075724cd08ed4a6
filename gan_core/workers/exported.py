"""Trials as plain records in a tar file, to be trained where there is nothing but this package."""

import io
import json
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from gan_core.config import resolve
from gan_core.machine.files import replacing
from gan_core.problems import Problem, UserError
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.validation import problems_of
from gan_core.workers.bounded import Bounded

SCHEMA_VERSION = 1
# A folder of its own, never a way out of the one that it is put into, and no longer than file systems allow
FOLDER_NAME = r"[A-Za-z0-9_+-][A-Za-z0-9_+.-]{0,199}"
MEMBER = re.compile(rf"trials/({FOLDER_NAME})\.json")
MOST_TRIALS = 100_000
LARGEST_TRIAL = 1 << 20  # bytes; they take some 4 KB
LARGEST_TAR = 1 << 30  # bytes, unpacked
LONGEST_SHOWN = 80  # characters of a name
NOT_OURS = "what `python -m ablations export` wrote"


class ExportedTrial(Record):
    """One training run that is still to do.

    `name`: the name of its folder; `code`: digest of the trainer's source that exported it; `record`: the content of
    `trial.json`, for the program that exported it.
    """

    schema_version: int = SCHEMA_VERSION
    name: str = Field(pattern=f"^{FOLDER_NAME}$")
    config: dict[str, Any]
    fingerprint: str
    code: str
    record: dict[str, Any]

    def resolved(self) -> Config:
        """The trial's configuration. Raises UserError where this version of the trainer means another run by it."""
        config = resolve(self.config, named=())
        if config.fingerprint() != self.fingerprint:
            message = f"is configuration {self.fingerprint} where it was exported and {config.fingerprint()} here"
            raise UserError(Problem(message, (self.name,), allowed="the same version of gan_core on both sides"))
        return config


def write_trials(path: Path, trials: Iterable[ExportedTrial]) -> None:
    """Write the trials; the same trials give the same bytes. Raises UserError where the file can't be written."""
    if path.is_dir():
        raise UserError(Problem(f"{path} can't be written: it is a folder", ("--out",)))
    try:
        with replacing(path) as temporary, tarfile.open(temporary, "w") as tar:
            for trial in trials:
                content = (json.dumps(trial.model_dump(mode="json"), indent=2) + "\n").encode()
                member = tarfile.TarInfo(f"trials/{trial.name}.json")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    except OSError as error:
        raise UserError(Problem(f"{path} can't be written: {error.strerror}", ("--out",))) from error


def read_trials(path: Path) -> tuple[ExportedTrial, ...]:
    """The trials in a tar file, in its order. Nothing is unpacked. Raises UserError for anything else."""
    if path.exists() and not path.is_file():
        message = "can't be read: it is a folder" if path.is_dir() else "can't be read: it is no plain file"
        raise UserError(Problem(message, source=str(path), allowed=NOT_OURS))
    try:
        with (
            Bounded(path, LARGEST_TAR, LARGEST_TRIAL, NOT_OURS) as file,
            tarfile.open(fileobj=file, mode="r:") as tar,
        ):
            trials = tuple(_read(tar, member, path) for member in _members(tar, path))
    # What damaged compressed data leads Python's readers to is not always a TarError
    except (OSError, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no tar file"
        raise UserError(Problem(f"can't be read: {why}", source=str(path), allowed=NOT_OURS)) from error
    if not trials:
        raise UserError(Problem("holds no trials", source=str(path)))
    return trials


def _members(tar: tarfile.TarFile, path: Path) -> Iterator[tarfile.TarInfo]:
    """The members, one after another. Raises UserError before more is unpacked than an export can hold.

    A member's header says how long it is.
    """
    names = set()
    for count, member in enumerate(tar, 1):
        if member.size > LARGEST_TRIAL or count > MOST_TRIALS:
            message = f"{shortened(member.name)} is no exported trial: larger, or one of more, than an export has"
            raise UserError(Problem(message, source=str(path), allowed=NOT_OURS))
        if member.name in names:
            raise UserError(Problem(f"{shortened(member.name)} is in it twice", source=str(path), allowed=NOT_OURS))
        names.add(member.name)
        yield member


def shortened(name: str) -> str:
    """A name from a stranger's file, as a message may show it."""
    return ascii(name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}...")


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> ExportedTrial:
    file = tar.extractfile(member) if member.isfile() and MEMBER.fullmatch(member.name) else None
    if file is None:
        message = f"{shortened(member.name)} is no exported trial"
        raise UserError(Problem(message, source=str(path), allowed=NOT_OURS))
    try:
        trial = ExportedTrial.model_validate_json(file.read())
    except ValidationError as error:
        raise UserError(*problems_of(error, ExportedTrial, (str(path), member.name))) from None
    if trial.schema_version != SCHEMA_VERSION:
        message = f"{member.name} has schema version {trial.schema_version}, this program knows {SCHEMA_VERSION}"
        raise UserError(Problem(message, source=str(path)))
    if f"trials/{trial.name}.json" != member.name:
        raise UserError(Problem(f"{member.name} is about {trial.name!r}", source=str(path)))
    return trial
