"""Prepared arrays on disk: made once per machine, opened as memory maps, verified unless they were before.

A prepared set is a folder that appears under its final name at once, by a rename: two processes that start together
both prepare it, the first rename wins and both read the same folder. What takes long to make is made under a lock: the
second process waits for it, and uses what the first one made.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_core.datasets import prepared_record, verified
from gan_core.datasets.prepared_record import PreparedRecord, read_record, write_record
from gan_core.datasets.record import Images, ImageSet, Labels, OnProgress, content_digest
from gan_core.machine.files import locked

Arrays = tuple[Images, Labels]
IMAGES, LABELS, RECORD = "images.npy", "labels.npy", prepared_record.NAME


class NotPreparedError(Exception):
    """The set is not prepared here, and nobody wants it made."""


@dataclass(frozen=True)
class Notes:
    """Further facts about a set: the files that were left out, with the reason, and the names of its classes."""

    broken: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def folder_of(home: Path, name: str, split: str, identity: str, transform: str) -> Path:
    """The folder for this content under this transform."""
    key = hashlib.sha256(f"{name}\n{split}\n{identity}\n{transform}".encode()).hexdigest()[:16]
    return home / "prepared" / f"{name}-{split}-{key}"


def open_or_make(
    folder: Path, name: str, split: str, transform: str, make: Callable[[], Arrays], *, may_make: bool = True
) -> ImageSet:
    """The prepared set in `folder`; `make()` gives its arrays where the folder is missing or damaged.

    Raises NotPreparedError there where it may not be made.
    """
    found = open_set(folder, name, split, transform)
    if found is not None:
        return found
    if not may_make:
        raise NotPreparedError(folder)
    images, labels = make()
    _write(folder, images, labels, transform)
    made = open_set(folder, name, split, transform)
    if made is None:
        raise OSError(f"{folder} was written and cannot be read back")
    return made


def open_or_fill(
    folder: Path,
    name: str,
    split: str,
    transform: str,
    fill: Callable[[Path], Notes],
    tell: OnProgress,
    *,
    may_make: bool = True,
) -> ImageSet:
    """The prepared set in `folder`; where it is missing or damaged, `fill(draft)` writes images and labels there.

    Raises NotPreparedError there where it may not be made.
    """
    found = open_set(folder, name, split, transform)
    if found is not None:
        return found
    if not may_make:
        raise NotPreparedError(folder)
    with _lock(folder, tell):
        found = open_set(folder, name, split, transform)  # by the process that we waited for
        if found is None:
            with draft_of(folder) as draft:
                _finish(draft, folder, transform, fill(draft))
            found = open_set(folder, name, split, transform)
    if found is None:
        raise OSError(f"{folder} was written and cannot be read back")
    return found


def notes_of(folder: Path) -> Notes:
    """The notes of a prepared set."""
    record = read_record(folder)
    return Notes(record.broken, record.classes)


def open_set(folder: Path, name: str, split: str, transform: str | None = None) -> ImageSet | None:
    """The set in this folder; None where it is missing or doesn't hold what its record says.

    `transform`: the rule that it has to have been made by; None: any.
    """
    try:
        look = verified.look_of(folder, (IMAGES, LABELS))
        record = read_record(folder)
        digest, rule = record.digest, transform or record.transform
        images: Images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
        labels: Labels = np.load(folder / LABELS, mmap_mode="r", allow_pickle=False)
        known = verified.is_verified(folder, digest, rule, look)
        intact = known or content_digest(images, labels, rule) == digest
        intact = intact and _has_names(labels, record)
    except Exception:  # the readers of JSON and of arrays raise whatever a damaged file leads them to
        return None
    if intact and not known:
        verified.remember(folder, digest, rule, look)
    if not intact:
        return None
    return ImageSet(name, split, images, labels, digest, rule, len(record.broken), (), record.classes)


def _has_names(labels: Labels, record: PreparedRecord) -> bool:
    """Whether every label is that of a class, where the classes have names."""
    if not record.classes or not len(labels):
        return True
    return bool(labels.min() >= 0 and labels.max() < len(record.classes))


def _write(folder: Path, images: Images, labels: Labels, transform: str) -> None:
    """Write under a temporary name, then rename. Damaged content in the way is moved out of it."""
    with draft_of(folder) as draft:
        np.save(draft / IMAGES, images)
        np.save(draft / LABELS, labels)
        _finish(draft, folder, transform, Notes())


@contextmanager
def draft_of(folder: Path) -> Iterator[Path]:
    """An empty folder next to `folder`, removed afterwards unless it was renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _finish(draft: Path, folder: Path, transform: str, notes: Notes) -> None:
    """Record what the draft holds and rename it."""
    images: Images = np.load(draft / IMAGES, mmap_mode="r", allow_pickle=False)
    labels: Labels = np.load(draft / LABELS, allow_pickle=False)
    digest = content_digest(images, labels, transform)
    write_record(draft, PreparedRecord(digest, transform, notes.broken, notes.classes))
    put(draft, folder)


def _lock(folder: Path, tell: OnProgress) -> AbstractContextManager[None]:
    path = folder.parent / ".locks" / folder.name
    path.parent.mkdir(parents=True, exist_ok=True)
    return locked(path, on_wait=lambda: tell("waiting for another process that prepares these images", 0, 0))


def put(draft: Path, folder: Path) -> None:
    """Rename `draft`, which is whole, to `folder`, unless an intact set with the same record has appeared there."""
    if folder.exists():
        mine = read_record(draft)
        other = open_set(folder, "", "", mine.transform)
        if other is not None and read_record(folder) == mine:
            return
        damaged = draft.with_name(f"{draft.name}-damaged")
        os.rename(folder, damaged)
        shutil.rmtree(damaged, ignore_errors=True)
    try:
        os.rename(draft, folder)
    except OSError:
        if not folder.is_dir():
            raise  # anything but losing the race
