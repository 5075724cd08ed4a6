"""The plain records of data sets: what a data set is, what loading one returns, where it was looked for."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gan_core.schema.sizes import Size, size_of

Images = NDArray[np.uint8]  # [N C H W] in [0, 255]
Labels = NDArray[np.int64]  # [N]
OnStep = Callable[[str], None]
OnProgress = Callable[[str, int, int], None]  # what is being done, images done, of how many
Fit = Literal["crop", "stretch"]


@dataclass(frozen=True)
class SearchedPlace:
    """One place where a data set was looked for, and the outcome."""

    where: str
    outcome: str
    found: bool


@dataclass(frozen=True, eq=False)
class ImageSet:
    """One split of a data set at one size, read-only and usually memory-mapped."""

    name: str
    split: str
    images: Images  # [N C H W] in [0, 255]
    labels: Labels  # [N]
    digest: str  # first 16 hex digits of a sha256 over content and transform
    transform: str  # the rule that made these images from the published ones
    skipped: int = 0  # files that were left out because they are no images
    notes: tuple[str, ...] = ()  # how files were read, where a person would read them otherwise
    classes: tuple[str, ...] = ()  # the names of the labels 0, 1, ...; () where nothing says

    @classmethod
    def of(cls, name: str, split: str, images: Images, labels: Labels, transform: str) -> "ImageSet":
        """An image set whose digest is computed from what it holds."""
        return cls(name, split, images, labels, content_digest(images, labels, transform), transform)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def channels(self) -> int:
        return int(self.images.shape[1])

    @property
    def size(self) -> Size:
        """The side of a square, or height and width, in pixels."""
        return size_of(tuple(map(int, self.images.shape[2:])))


@dataclass(frozen=True)
class Options:
    """How a run wants its data, besides their name and size.

    `fit`: how images of another aspect come to the size: 'crop' covers it and cuts the centre out, 'stretch' does not
    keep the aspect. `folder`: the folder of images, for the data set 'folder'. `skip_broken`: leave out files that are
    no images rather than refuse them.
    """

    fit: Fit = "crop"
    folder: Path | None = None
    skip_broken: bool = False


@dataclass(frozen=True)
class DataRequest:
    """One split as a run wants it; `extra`: folders in which to look for published files before all others.

    `may_make`: whether to make what is not prepared yet, or to raise `prepared.NotPreparedError`.
    """

    split: str
    size: Size  # one number for every square
    home: Path
    extra: tuple[Path, ...]
    options: Options
    on_progress: OnProgress
    may_make: bool = True


@dataclass(frozen=True)
class DataSet:
    """What is known of a data set before any of it is read.

    `identity(split)` identifies the content without reading it. `obtain(home, extra, on_step)` makes the files
    available and returns where it looked; it raises UserError when they can't be had. `prepare(request)` opens the
    prepared images, and makes them the first time.
    """

    name: str
    description: str
    source: str
    paper: str
    channels: int | None  # None: known only once the images are there
    classes: tuple[str, ...]
    splits: Mapping[str, int | None]  # split -> number of images; None: known only once they are there
    identity: Callable[[str], str] = field(repr=False)
    obtain: Callable[[Path, tuple[Path, ...], OnStep], tuple[SearchedPlace, ...]] = field(repr=False)
    look: Callable[[Path, tuple[Path, ...]], SearchedPlace] = field(repr=False)
    prepare: Callable[[DataRequest], ImageSet] = field(repr=False)
    one_way: str = ""  # what faces one way in its images, so that a mirrored one is none of them; "": nothing is known


def content_digest(images: Images, labels: Labels, transform: str) -> str:
    """First 16 hex digits of a sha256 over shapes, pixels, labels and the transform's text."""
    digest = hashlib.sha256(f"{images.shape} {labels.shape} {transform}\n".encode())
    digest.update(np.ascontiguousarray(images, dtype=np.uint8).data)
    digest.update(np.ascontiguousarray(labels, dtype="<i8").data)
    return digest.hexdigest()[:16]
