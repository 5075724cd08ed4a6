"""Prepared arrays on disk: made once per machine, opened as memory maps, verified unless they were before.

A prepared set is a folder that appears under its final name at once, by a rename: two processes that start together
both prepare it, the first rename wins and both read the same folder. What takes long to make is made under a lock: the
second process waits for it, and uses what the first one made.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_core.datasets import verified
from gan_core.datasets.record import Images, ImageSet, Labels, OnProgress, content_digest
from gan_core.machine.files import locked

Arrays = tuple[Images, Labels]
IMAGES, LABELS, RECORD = "images.npy", "labels.npy", "record.json"


@dataclass(frozen=True)
class Notes:
    """Further facts about a set: the files that were left out, with the reason, and the names of its classes."""

    broken: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def folder_of(home: Path, name: str, split: str, identity: str, transform: str) -> Path:
    """The folder for this content under this transform."""
    key = hashlib.sha256(f"{name}\n{split}\n{identity}\n{transform}".encode()).hexdigest()[:16]
    return home / "prepared" / f"{name}-{split}-{key}"


def open_or_make(folder: Path, name: str, split: str, transform: str, make: Callable[[], Arrays]) -> ImageSet:
    """The prepared set in `folder`; `make()` gives its arrays where the folder is missing or damaged."""
    found = _open(folder, name, split, transform)
    if found is not None:
        return found
    images, labels = make()
    _write(folder, images, labels, transform)
    made = _open(folder, name, split, transform)
    if made is None:
        raise OSError(f"{folder} was written and cannot be read back")
    return made


def open_or_fill(
    folder: Path, name: str, split: str, transform: str, fill: Callable[[Path], Notes], tell: OnProgress
) -> ImageSet:
    """The prepared set in `folder`; where it is missing or damaged, `fill(draft)` writes images and labels there."""
    found = _open(folder, name, split, transform)
    if found is not None:
        return found
    with _lock(folder, tell):
        found = _open(folder, name, split, transform)  # by the process that we waited for
        if found is None:
            with _draft_of(folder) as draft:
                _finish(draft, folder, transform, fill(draft))
            found = _open(folder, name, split, transform)
    if found is None:
        raise OSError(f"{folder} was written and cannot be read back")
    return found


def notes_of(folder: Path) -> Notes:
    """The notes of a prepared set."""
    record = json.loads((folder / RECORD).read_text())
    return Notes(tuple(record["broken"]), tuple(record["classes"]))


def _open(folder: Path, name: str, split: str, transform: str) -> ImageSet | None:
    """None where the folder is missing or doesn't hold what its record says."""
    try:
        look = verified.look_of(folder, (IMAGES, LABELS))
        record = json.loads((folder / RECORD).read_text())
        # Older records lack the last two
        digest, skipped, classes = record["digest"], len(record.get("broken", ())), tuple(record.get("classes", ()))
        images: Images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
        labels: Labels = np.load(folder / LABELS, mmap_mode="r", allow_pickle=False)
        known = verified.is_verified(folder, digest, transform, look)
        intact = known or content_digest(images, labels, transform) == digest
    except Exception:  # the readers of JSON and of arrays raise whatever a damaged file leads them to
        return None
    if intact and not known:
        verified.remember(folder, digest, transform, look)
    return ImageSet(name, split, images, labels, digest, transform, skipped, (), classes) if intact else None


def _write(folder: Path, images: Images, labels: Labels, transform: str) -> None:
    """Write under a temporary name, then rename. Damaged content in the way is moved out of it."""
    with _draft_of(folder) as draft:
        np.save(draft / IMAGES, images)
        np.save(draft / LABELS, labels)
        _finish(draft, folder, transform, Notes())


@contextmanager
def _draft_of(folder: Path) -> Iterator[Path]:
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
    record = {"digest": digest, "transform": transform, "broken": notes.broken, "classes": notes.classes}
    (draft / RECORD).write_text(json.dumps(record, indent=1))
    _put(draft, folder, digest)


def _lock(folder: Path, tell: OnProgress) -> AbstractContextManager[None]:
    path = folder.parent / ".locks" / folder.name
    path.parent.mkdir(parents=True, exist_ok=True)
    return locked(path, on_wait=lambda: tell("waiting for another process that prepares these images", 0, 0))


def _put(draft: Path, folder: Path, digest: str) -> None:
    """Rename `draft` to `folder` unless an intact one with the same digest has appeared there meanwhile."""
    if folder.exists():
        transform = json.loads((draft / RECORD).read_text())["transform"]
        other = _open(folder, "", "", transform)
        if other is not None and other.digest == digest:
            return
        damaged = draft.with_name(f"{draft.name}-damaged")
        os.rename(folder, damaged)
        shutil.rmtree(damaged, ignore_errors=True)
    try:
        os.rename(draft, folder)
    except OSError:
        if not folder.is_dir():
            raise  # anything but losing the race
