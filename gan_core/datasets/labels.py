"""The labels of images: which class each of them is of, and how often each class occurs."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_core.datasets.record import ImageSet, Labels


@dataclass(frozen=True)
class Classes:
    """The classes of a data set, in the order of their numbers, and how many of its images are of each."""

    names: tuple[str, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, images: ImageSet) -> "Classes":
        """Those of a set whose classes have names."""
        counts = np.bincount(images.labels, minlength=len(images.classes))
        return cls(images.classes, tuple(map(int, counts)))

    def __len__(self) -> int:
        return len(self.names)

    def counted(self) -> dict[str, int]:
        """Name -> number of images; no two classes of a data set have one name."""
        return dict(zip(self.names, self.counts, strict=True))

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Labels [count] int64, independent of each other, with the frequencies of the data set; on the CPU."""
        weights = torch.tensor(self.counts, dtype=torch.float64)
        return torch.multinomial(weights, count, replacement=True, generator=generator)


@dataclass(frozen=True, eq=False)
class Labelling:
    """What a conditional run knows of its training images beside their pixels: y [N] in [0, number of classes)."""

    y: Labels
    classes: Classes

    @classmethod
    def of(cls, images: ImageSet) -> "Labelling":
        """That of a set whose classes have names."""
        return cls(np.asarray(images.labels), Classes.of(images))
