"""A folder of images as a data set."""

from pathlib import Path

from gan_core import datasets
from gan_core.datasets import ImageSet, Options
from gan_core.datasets.record import Fit, OnProgress


def load(
    folder: Path,
    home: Path,
    size: int | tuple[int, int] = 8,
    fit: Fit = "crop",
    skip_broken: bool = False,
    on_progress: OnProgress | None = None,
) -> ImageSet:
    options = Options(fit, folder, skip_broken)
    return datasets.load("folder", "train", size, home, options=options, on_progress=on_progress)
