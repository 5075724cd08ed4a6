"""Prepared arrays on disk: made once per machine, opened as memory maps, verified when opened.

A prepared set is a folder that appears under its final name at once, by a rename: two processes that start together
both prepare it, the first rename wins and both read the same folder.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gan_core.datasets.record import Images, ImageSet, Labels, content_digest

Arrays = tuple[Images, Labels]

IMAGES, LABELS, RECORD = "images.npy", "labels.npy", "record.json"


def folder_of(home: Path, name: str, split: str, identity: str, transform: str) -> Path:
    """Where this content under this transform is kept."""
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


def _open(folder: Path, name: str, split: str, transform: str) -> ImageSet | None:
    """None where the folder is missing or doesn't hold what its record says."""
    try:
        digest = json.loads((folder / RECORD).read_text())["digest"]
        images: Images = np.load(folder / IMAGES, mmap_mode="r", allow_pickle=False)
        labels: Labels = np.load(folder / LABELS, mmap_mode="r", allow_pickle=False)
        intact = content_digest(images, labels, transform) == digest
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return ImageSet(name, split, images, labels, digest, transform) if intact else None


def _write(folder: Path, images: Images, labels: Labels, transform: str) -> None:
    """Write under a temporary name, then rename. Damaged content in the way is moved out of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        np.save(draft / IMAGES, images)
        np.save(draft / LABELS, labels)
        record = {"digest": content_digest(images, labels, transform), "transform": transform}
        (draft / RECORD).write_text(json.dumps(record, indent=1))
        draft.chmod(0o755)
        _put(draft, folder, record["digest"])
    finally:
        shutil.rmtree(draft, ignore_errors=True)


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
