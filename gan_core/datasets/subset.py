"""The images that a run with `max_images` is trained on: a random part of a data set, the same one for every run.

Drawn as the code of Karras et al. 2020 (arXiv:2006.06676) draws its limited data sets: the first images of one random
order, whatever their class, under a seed of its own that is not the run's. So all arms and seeds of a study are trained
on the same images, and a smaller part lies within every larger one.
"""

import hashlib
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core import streams
from gan_core.datasets.record import ImageSet

SEED = 0
Rows = NDArray[np.int64]  # places in a data set, growing


def rows_of(available: int, count: int | None) -> Rows | None:
    """The places of `count` images among `available`, in growing order; None where these are all."""
    if count is None or count >= available:
        return None
    order = torch.randperm(available, generator=streams.generator(SEED, "data.subset"))
    return np.sort(order[:count].numpy())


def subset_of(images: ImageSet, count: int | None) -> ImageSet:
    """These images as a set of their own, in memory; the whole set where they are all of it."""
    rows = rows_of(len(images), count)
    if rows is None:
        return images
    rule = f"{count} of {len(images)} images, drawn by seed {SEED}"
    return replace(
        images,
        images=images.images[rows],
        labels=images.labels[rows],
        digest=hashlib.sha256(f"{images.digest} {rule}".encode()).hexdigest()[:16],
        transform=f"{images.transform}; {rule}",
    )
