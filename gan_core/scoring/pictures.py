"""A folder of pictures made by any generator, as images to be scored."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from gan_core import datasets, streams
from gan_core.datasets import DataOptions, ImageSet, decode, folder_listing
from gan_core.datasets.folder import NAME as FOLDER
from gan_core.datasets.record import Fit, Images, OnProgress
from gan_core.evaluation.features import BATCH
from gan_core.problems import Problem, UserError
from gan_core.schema.sizes import Shape, shape_of, shape_text

WHERE = ("FOLDER",)
KINDS = {1: "grey", 3: "colour"}


@dataclass(frozen=True)
class Pictures:
    """Pictures at the reference's size. `resize`: how they were brought to that size; '' where they had it already."""

    images: Images  # [N C H W]
    native: str  # their own sizes, for people
    resize: str
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
        loaded = datasets.load(FOLDER, "train", size, home, options=DataOptions(fit, folder), on_progress=tell)
    except UserError as error:
        raise UserError(*(_about_pictures(problem) for problem in error.problems)) from None
    images, notes = _of_channels(loaded.images, reference)
    shapes = _native_shapes(folder)
    native = shape_text(next(iter(shapes))) if len(shapes) == 1 else f"{len(shapes)} sizes"
    if shapes == {shape_of(size)}:
        return Pictures(images, native, "", notes)
    resized = f"pictures of {native} came to the size of the reference: {decode.rule(size, fit)}"
    return Pictures(images, native, f"{native}: {decode.rule(size, fit)}", (*notes, resized))


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
    names = folder_listing.listing_of(folder.expanduser().absolute()).names
    shapes: set[Shape] = set()
    for name in names:
        with PIL.Image.open(folder / name) as image:
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # orientation: a quarter turn
            shapes.add(image.size if turned else image.size[::-1])
    return shapes


def _about_pictures(problem: Problem) -> Problem:
    return Problem(problem.message, WHERE, allowed="a folder of pictures and nothing else")
