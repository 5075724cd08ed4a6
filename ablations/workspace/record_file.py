"""A small JSON file that holds one record, read with one message for everything that can be wrong with it.

Of some kinds all can be found anew: a damaged one counts as absent for whoever may only read (`read_or_none`), and is
set aside by whoever holds the study's lock (`mending.py`).
"""

import errno
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gan_core.machine.files import set_aside as set_aside
from gan_core.problems import Problem, UserError

VERSION = "schema_version"
OTHER_VERSION = "the version of this program that wrote it"
Kind = TypeVar("Kind", bound=BaseModel)


class DamagedError(UserError):
    """What is in the place of the file is no record of its kind, of whatever version."""


def read_record(path: Path, kind: type[Kind], way_on: str) -> Kind | None:
    """The record in this file; None where there is no such file.

    Raises UserError for a file that can't be read or holds no record of this kind: which file, why, and `way_on`, what
    the user can do about it. It is a DamagedError unless the file may be whole: one of another version, or one that
    this user may not read.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:  # nothing is wrong with the file, so `way_on` would be bad advice
        raise UserError(_problem(path, str(error.strerror), "a file that you may read")) from None
    except OSError as error:
        kind_of_error = DamagedError if error.errno in (errno.EISDIR, errno.ELOOP) else UserError
        raise kind_of_error(_problem(path, str(error.strerror), way_on)) from None
    try:
        record = kind.model_validate_json(content)
    except ValidationError as error:
        is_other = _version(content) not in (None, _known_version(kind))
        raise (UserError if is_other else DamagedError)(_problem(path, _reason(error, content, kind), way_on)) from None
    known = _known_version(kind)
    if (version := getattr(record, VERSION, known)) != known:  # one that happens to have the fields of this one
        raise UserError(_problem(path, _other_version(version, known), way_on))
    return record


def read_or_none(path: Path, kind: type[Kind]) -> Kind | None:
    """The record in this file; None where there is none, or a damaged one. For kinds that can be found anew.

    Raises UserError for a file that may be whole and can't be read.
    """
    try:
        return read_record(path, kind, OTHER_VERSION)
    except DamagedError:
        return None


def _problem(path: Path, reason: str, way_on: str) -> Problem:
    return Problem(f"can't be read: {reason}", source=str(path), allowed=way_on)


def _reason(error: ValidationError, content: bytes, kind: type[BaseModel]) -> str:
    """The reason in a few words, never the content of the file, which may be long."""
    first, *others = error.errors(include_url=False, include_input=False)
    if first["type"] == "json_invalid":
        return f"not JSON: {first['ctx']['error']}" if content else "the file is empty"
    if (version := _version(content)) not in (None, known := _known_version(kind)):
        return _other_version(version, known)
    where = ".".join(map(str, first["loc"]))
    more = f", and {len(others)} more" if others else ""
    return f"{where}: {first['msg']}{more}" if where else f"{first['msg']}{more}"


def _other_version(version: object, known: object) -> str:
    return f"it has schema version {version}, this program knows {known}"


class _Versioned(BaseModel):
    schema_version: int | None = None


def _version(content: bytes) -> int | None:
    """The number that the file gives as its schema version, if it is a record at all."""
    try:
        return _Versioned.model_validate_json(content, strict=True).schema_version
    except ValidationError:
        return None


def _known_version(kind: type[BaseModel]) -> object:
    field = kind.model_fields.get(VERSION)
    return None if field is None else field.default
