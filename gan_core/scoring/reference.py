"""The real images that scores compare with, as a user names them: 'fashion-mnist:test', 'mnist', 'folder:PATH'."""

from dataclasses import dataclass
from pathlib import Path

from gan_core import datasets
from gan_core.datasets import DATASETS, ImageSet, Options
from gan_core.datasets.folder import NAME as FOLDER
from gan_core.datasets.record import Fit, OnProgress
from gan_core.problems import Problem, UserError, nearest_name
from gan_core.schema.sizes import Size

WHERE = ("reference",)
DEFAULT_SPLIT = "train"


@dataclass(frozen=True)
class Reference:
    """A data set and its split; `folder`: the folder of images, for the data set 'folder'."""

    data: str
    split: str
    folder: Path | None = None

    @classmethod
    def parse(cls, text: str, where: tuple[str, ...] = WHERE) -> "Reference":
        """'NAME:SPLIT', 'NAME' (its training images) or 'folder:PATH'. Raises UserError, at `where`, for all else."""
        name, colon, rest = text.partition(":")
        if name not in DATASETS:
            allowed = "NAME:SPLIT or folder:PATH, NAME one of " + ", ".join(DATASETS)
            message = f"no data set is called {name!r}"
            raise UserError(Problem(message, where, allowed=allowed, nearest=nearest_name(name, DATASETS)))
        if name == FOLDER:
            if not rest:
                raise UserError(Problem("which folder?", where, allowed="folder:PATH"))
            return cls(name, DEFAULT_SPLIT, Path(rest))
        split = rest if colon else DEFAULT_SPLIT
        splits = DATASETS[name].splits
        if split not in splits:
            message = f"{name} has no split {split!r}"
            raise UserError(Problem(message, where, allowed=", ".join(splits), nearest=nearest_name(split, splits)))
        return cls(name, split)

    def load(self, size: Size, fit: Fit, home: Path, tell: OnProgress | None = None) -> ImageSet:
        """The images of the reference at this size. Raises UserError where they can't be had."""
        return datasets.load(self.data, self.split, size, home, options=Options(fit, self.folder), on_progress=tell)


def other_split(images: ImageSet) -> str | None:
    """A split of the same data with none of these images; None where there is none."""
    return next((split for split in DATASETS[images.name].splits if split != images.split), None)
