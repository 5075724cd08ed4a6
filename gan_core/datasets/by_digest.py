"""A prepared set found by its digest alone: whoever knows that needs none of the files that it was made from."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan_core.datasets import prepared
from gan_core.datasets.prepared_record import read_record
from gan_core.datasets.record import ImageSet


def find_prepared(home: Path, name: str, split: str, digest: str, *, skip_broken: bool = False) -> ImageSet | None:
    """The intact set of this digest under `home`; None where there is none, or where nothing says which of several.

    Sets of one digest have the same images and labels; the names of their classes, and how many files were left out of
    a folder, may differ. `skip_broken`: whether files may have been left out.
    """
    found: list[ImageSet] = []
    for folder in folders_of(home, name, split, digest):
        images = prepared.open_set(folder, name, split)
        if images is not None and (skip_broken or not images.skipped):
            found.append(images)
    return found[0] if len({(images.classes, images.skipped) for images in found}) == 1 else None


def place_of(images: ImageSet) -> Path:
    """The folder of a set that was found prepared."""
    assert isinstance(images.images, np.memmap)
    assert images.images.filename is not None
    return Path(images.images.filename).parent


def folders_of(home: Path, name: str, split: str, digest: str) -> Iterator[Path]:
    """The folders whose records have this digest, whether or not they hold what these say."""
    ours = re.compile(rf"{re.escape(name)}-{re.escape(split)}-[0-9a-f]{{16}}")
    try:
        folders = sorted(path for path in (home / "prepared").iterdir() if ours.fullmatch(path.name))
    except OSError:  # nothing is prepared here
        return
    for folder in folders:
        try:
            if read_record(folder).digest == digest:
                yield folder
        except (OSError, ValueError):
            continue
