"""A small JSON file that holds one record, read with one message for everything that can be wrong with it."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gan_core.problems import Problem, UserError

VERSION = "schema_version"
Kind = TypeVar("Kind", bound=BaseModel)


def read_record(path: Path, kind: type[Kind], way_on: str) -> Kind | None:
    """The record in this file; None where there is no such file.

    Raises UserError for a file that can't be read or holds no record of this kind: which file, why, and `way_on`, what
    the user can do about it.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:  # nothing is wrong with the file, so `way_on` would be bad advice
        raise _unreadable(path, str(error.strerror), "a file that you may read") from None
    except OSError as error:
        raise _unreadable(path, str(error.strerror), way_on) from None
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise _unreadable(path, _reason(error, content, kind), way_on) from None


def _unreadable(path: Path, reason: str, way_on: str) -> UserError:
    return UserError(Problem(f"can't be read: {reason}", source=str(path), allowed=way_on))


def _reason(error: ValidationError, content: bytes, kind: type[BaseModel]) -> str:
    """The reason in a few words, never the content of the file, which may be long."""
    first, *others = error.errors(include_url=False, include_input=False)
    if first["type"] == "json_invalid":
        return f"not JSON: {first['ctx']['error']}" if content else "the file is empty"
    if (version := _version(content)) not in (None, known := _known_version(kind)):
        return f"it has schema version {version}, this program knows {known}"
    where = ".".join(map(str, first["loc"]))
    more = f", and {len(others)} more" if others else ""
    return f"{where}: {first['msg']}{more}" if where else f"{first['msg']}{more}"


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
