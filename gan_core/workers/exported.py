"""Trials as plain records in a tar file, to be trained where there is nothing but this package."""

import hashlib
import io
import json
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from gan_core.config import resolve
from gan_core.machine.files import replacing
from gan_core.plugin_text import ENTRY, Source
from gan_core.problems import Problem, UserError
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.validation import problems_of
from gan_core.workers.bounded import Bounded

SCHEMA_VERSION = 1
# A folder of its own, never a way out of the one that it is put into, and no longer than file systems allow
FOLDER_NAME = r"[A-Za-z0-9_+-][A-Za-z0-9_+@=.-]{0,199}"  # '@' and '=': arms in blocks
MEMBER = re.compile(rf"trials/({FOLDER_NAME})\.json")
WEIGHTS = re.compile(r"weights/([0-9a-f]{64})\.safetensors")
MOST_TRIALS = 100_000
LARGEST_TRIAL = 1 << 20  # bytes; they take some 4 KB
LARGEST_WEIGHTS = 1 << 25  # bytes, of an extractor of the user's own; they take some 700 KB
LARGEST_TAR = 1 << 30  # bytes, unpacked
LONGEST_SHOWN = 80  # characters of a name
T = TypeVar("T")
NOT_OURS = "what `python -m ablations export` wrote"


class ExportedTrial(Record):
    """One training run that is still to do.

    `name`: the name of its folder; `code`: digest of the trainer's source that exported it; `record`: the content of
    `trial.json`, for the program that exported it; `plugins`: the texts of the user's own code, by NAME.py@DIGEST.
    """

    schema_version: int = SCHEMA_VERSION
    name: str = Field(pattern=f"^{FOLDER_NAME}$")
    config: dict[str, Any]
    fingerprint: str
    code: str
    record: dict[str, Any]
    plugins: dict[str, str] = Field(default_factory=dict, exclude_if=lambda texts: not texts)

    def sources(self, path: Path) -> tuple[Source, ...]:
        """Its own code, none of it run. Raises UserError where a text is not that of its digest, or is missing."""
        return tuple(_source(entry, self.plugins, path) for entry in self.config.get("use") or ())

    def resolved(self) -> Config:
        """The trial's configuration. Raises UserError where this version of the trainer means another run by it."""
        config = resolve(self.config, named=())
        if config.fingerprint() != self.fingerprint:
            message = f"is configuration {self.fingerprint} where it was exported and {config.fingerprint()} here"
            raise UserError(Problem(message, (self.name,), allowed="the same version of gan_core on both sides"))
        return config


def _source(entry: object, texts: Mapping[str, str], path: Path) -> Source:
    text = texts.get(entry) if isinstance(entry, str) else None
    name = entry.partition("@")[0] if isinstance(entry, str) else ""
    source = Source(name, text or "", f"{path}: {name}")
    if text is None or source.entry != entry or not ENTRY.fullmatch(source.entry):
        message = f"the code {shortened(str(entry))} is not in it as it was"
        raise UserError(Problem(message, source=str(path), allowed=NOT_OURS))
    return source


def write_trials(path: Path, trials: Iterable[ExportedTrial], weights: Iterable[Path] = ()) -> None:
    """Write the trials; the same trials give the same bytes. Raises UserError where the file can't be written.

    `weights`: files of the store of weights that they need and that can be had nowhere else, named by their sha256.
    """
    if path.is_dir():
        raise UserError(Problem(f"{path} can't be written: it is a folder", ("--out",)))
    try:
        with replacing(path) as temporary, tarfile.open(temporary, "w") as tar:
            for file in weights:
                _add(tar, f"weights/{file.name}", file.read_bytes())
            for trial in trials:
                content = (json.dumps(trial.model_dump(mode="json"), indent=2) + "\n").encode()
                _add(tar, f"trials/{trial.name}.json", content)
    except OSError as error:
        raise UserError(Problem(f"{path} can't be written: {error.strerror}", ("--out",))) from error


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def read_trials(path: Path) -> tuple[ExportedTrial, ...]:
    """The trials in a tar file, in its order. Nothing is unpacked. Raises UserError for anything else."""
    trials = _opened(path, lambda tar, member: None if _is_weights(member) else _read(tar, member, path))
    if not trials:
        raise UserError(Problem("holds no trials", source=str(path)))
    return trials


def read_weights(path: Path) -> tuple[bytes, ...]:
    """The contents of the files of weights in a tar file. Raises UserError where one is not what its name says."""
    return _opened(path, lambda tar, member: _weights(tar, member, path) if _is_weights(member) else None)


def _opened(path: Path, read: Callable[[tarfile.TarFile, tarfile.TarInfo], T | None]) -> tuple[T, ...]:
    """What `read` makes of each member, without None."""
    if path.exists() and not path.is_file():
        message = "can't be read: it is a folder" if path.is_dir() else "can't be read: it is no plain file"
        raise UserError(Problem(message, source=str(path), allowed=NOT_OURS))
    try:
        with (
            Bounded(path, LARGEST_TAR, LARGEST_WEIGHTS, NOT_OURS) as file,
            tarfile.open(fileobj=file, mode="r:") as tar,
        ):
            return tuple(found for member in _members(tar, path) if (found := read(tar, member)) is not None)
    # What damaged compressed data leads Python's readers to is not always a TarError
    except (OSError, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "it is no tar file"
        raise UserError(Problem(f"can't be read: {why}", source=str(path), allowed=NOT_OURS)) from error


def _members(tar: tarfile.TarFile, path: Path) -> Iterator[tarfile.TarInfo]:
    """The members, one after another. Raises UserError before more is unpacked than an export can hold.

    A member's header says how long it is.
    """
    names = set()
    for count, member in enumerate(tar, 1):
        largest = LARGEST_WEIGHTS if _is_weights(member) else LARGEST_TRIAL
        if member.size > largest or count > MOST_TRIALS:
            message = f"{shortened(member.name)} is no exported trial: larger, or one of more, than an export has"
            raise UserError(Problem(message, source=str(path), allowed=NOT_OURS))
        if member.name in names:
            raise UserError(Problem(f"{shortened(member.name)} is in it twice", source=str(path), allowed=NOT_OURS))
        names.add(member.name)
        yield member


def shortened(name: str) -> str:
    """A name from a stranger's file, as a message may show it."""
    return ascii(name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}...")


def _is_weights(member: tarfile.TarInfo) -> bool:
    return member.isfile() and WEIGHTS.fullmatch(member.name) is not None


def _weights(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    file = tar.extractfile(member)
    content = b"" if file is None else file.read()
    if member.name != f"weights/{hashlib.sha256(content).hexdigest()}.safetensors":
        raise UserError(Problem(f"{member.name} has another sha256 than its name says", source=str(path)))
    return content


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
