"""Trials as plain records in a tar file, to be trained where there is nothing but this package."""

import io
import json
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from gan_core.config import resolve
from gan_core.machine.files import replacing
from gan_core.problems import Problem, UserError
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.validation import problems_of

SCHEMA_VERSION = 1
FOLDER_NAME = r"[A-Za-z0-9_+-][A-Za-z0-9_+.-]*"  # a folder of its own, never a way out of the one that it is put into
MEMBER = re.compile(rf"trials/({FOLDER_NAME})\.json")


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
    try:
        with tarfile.open(path) as tar:
            trials = tuple(_read(tar, member, path) for member in tar)
    except (OSError, tarfile.TarError, EOFError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no tar file"
        allowed = "what `python -m ablations export` wrote"
        raise UserError(Problem(f"can't be read: {why}", source=str(path), allowed=allowed)) from error
    if not trials:
        raise UserError(Problem("holds no trials", source=str(path)))
    return trials


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> ExportedTrial:
    file = tar.extractfile(member) if member.isfile() and MEMBER.fullmatch(member.name) else None
    if file is None:
        message, allowed = f"{member.name!r} is no exported trial", "what `python -m ablations export` wrote"
        raise UserError(Problem(message, source=str(path), allowed=allowed))
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
