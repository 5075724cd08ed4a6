"""What a prepared set's folder says of itself: `record.json`, next to the arrays."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NAME = "record.json"
SEAL = "seal"  # of the record's own text: no other digest stands for the names of classes


@dataclass(frozen=True)
class PreparedRecord:
    """The digest of images, labels and transform; the files that were left out, with the reason; the classes' names."""

    digest: str
    transform: str
    broken: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def read_record(folder: Path) -> PreparedRecord:
    """The record in this folder. Raises OSError where there is none, ValueError where it is damaged."""
    return record_in((folder / NAME).read_text(encoding="utf-8"))


def record_in(text: str) -> PreparedRecord:
    """The record that a file's text holds. Raises ValueError for anything else."""
    try:
        content: Any = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(content, dict):
        raise ValueError("no record")
    seal = content.pop(SEAL, None)
    if seal is not None and seal != _seal(content):
        raise ValueError("the record is not as it was written")
    digest, transform = content.get("digest"), content.get("transform")
    broken, classes = content.get("broken", []), content.get("classes", [])  # older records lack these and the seal
    if not isinstance(digest, str) or not isinstance(transform, str):
        raise ValueError("no record")
    if not _are_texts(broken) or not _are_texts(classes):
        raise ValueError("no record")
    if len(set(classes)) < len(classes):
        raise ValueError("two classes have one name")
    return PreparedRecord(digest, transform, tuple(broken), tuple(classes))


def write_record(folder: Path, record: PreparedRecord) -> None:
    """Write it into this folder."""
    content = json.loads(json.dumps(asdict(record)))
    (folder / NAME).write_text(json.dumps({**content, SEAL: _seal(content)}, indent=1), encoding="utf-8")


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
