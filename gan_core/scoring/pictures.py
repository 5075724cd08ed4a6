"""A folder of pictures made by any generator, as images to be scored."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from gan_core import datasets, streams
from gan_core.datasets import ImageSet, Options, decode, folder_listing
from gan_core.datasets.folder import NAME as FOLDER
from gan_core.datasets.record import Fit, Images, OnProgress
from gan_core.evaluation.features import BATCH
from gan_core.machine.home import expanded
from gan_core.problems import Problem, UserError
from gan_core.schema.sizes import Shape, shape_of, shape_text

WHERE = ("FOLDER",)
KINDS = {1: "grey", 3: "colour"}


@dataclass(frozen=True)
class Pictures:
    """Pictures at the reference's size.

    `changes`: how they were brought to that size, and the formats that saved them with loss, both part of a score's
    protocol; '' for pictures of that size that were saved without loss.
    """

    images: Images  # [N C H W]
    native: str  # their own sizes, for people
    changes: str
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def drawn(self, n: int, seed: int) -> Iterator[Tensor]:
        """n of them, uint8 [<=250 C H W]: all in order, or drawn without replacement where there are more."""
        chosen = np.arange(len(self))
        if n < len(self):
            shuffled = torch.randperm(len(self), generator=streams.generator(seed, "evaluation.pictures"))
            chosen = np.sort(shuffled[:n].numpy())
        for start in range(0, n, BATCH):
            yield torch.from_numpy(np.array(self.images[chosen[start : start + BATCH]]))


def load_pictures(folder: Path, reference: ImageSet, fit: Fit, home: Path, tell: OnProgress | None) -> Pictures:
    """The folder's pictures as the reference's are: of its size and channels, prepared as a data set of a folder is.

    Raises UserError where the folder holds no pictures, anything else, or colour where the reference is grey.
    """
    size = reference.size
    try:
        loaded = datasets.load(FOLDER, "train", size, home, options=Options(fit, folder), on_progress=tell)
    except UserError as error:
        raise UserError(*(_about_pictures(problem) for problem in error.problems)) from None
    images, notes = _of_channels(loaded.images, reference)
    notes = (*loaded.notes, *notes)
    shapes = _native_shapes(folder)
    native = shape_text(next(iter(shapes))) if len(shapes) == 1 else f"{len(shapes)} sizes"
    changes, lossy = "", _saved_with_loss(folder, home, tell)
    if shapes != {shape_of(size)}:
        changes = f"{native}: {decode.rule(size, fit)}"
        notes = (*notes, f"pictures of {native} came to the size of the reference: {decode.rule(size, fit)}")
    if lossy:
        changes = f"{changes or native}, saved with loss ({lossy})"
        notes = (
            *notes,
            f"pictures saved with loss ({lossy}), which moves a FID: the score has a stamp of its own; save as PNG to "
            "compare with other scores",
        )
    return Pictures(images, native, changes, notes)


def _saved_with_loss(folder: Path, home: Path, tell: OnProgress | None) -> str:
    """The lossy formats among the files, 'some JPEG' where others are lossless; '' where all are."""
    folder = expanded(folder).absolute()
    listing = folder_listing.listing_of(folder)
    content = folder_listing.content_of(folder, listing, home, tell or _silent)
    some = "" if content.lossy_files == len(listing.names) else "some "
    return some + ", ".join(content.lossy) if content.lossy else ""


def _silent(what: str, done: int, total: int) -> None:
    """Ignore progress: the files were read a moment ago."""


def _of_channels(images: Images, reference: ImageSet) -> tuple[Images, tuple[str, ...]]:
    """Grey pictures that were saved as RGB, with three equal channels, become grey again: nothing is lost."""
    found, wanted = images.shape[1], reference.channels
    if found == wanted:
        return images, ()
    if wanted == 1 and all((images[:, 0] == images[:, channel]).all() for channel in range(1, found)):
        return images[:, :1], ("grey pictures, written as RGB",)
    message = f"the pictures are {KINDS[found]}, those of {reference.name} {reference.split} are {KINDS[wanted]}"
    raise UserError(Problem(message, WHERE, allowed=f"{KINDS[wanted]} pictures, or another --reference"))


def _native_shapes(folder: Path) -> set[Shape]:
    """The (height, width) of the files, read from their headers."""
    names = folder_listing.listing_of(expanded(folder).absolute()).names
    shapes: set[Shape] = set()
    for name in names:
        with PIL.Image.open(folder / name) as image:
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # orientation: a quarter turn
            shapes.add(image.size if turned else image.size[::-1])
    return shapes


def _about_pictures(problem: Problem) -> Problem:
    return Problem(problem.message, WHERE, allowed="a folder of pictures and nothing else")
