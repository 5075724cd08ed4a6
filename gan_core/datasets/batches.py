"""Images in memory as uint8 -> batches of scaled images, drawn by a seeded stream."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core import streams
from gan_core.datasets.record import Labels
from gan_core.datasets.subset import Rows

ImageArray = np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]


def to_unit(images: Tensor) -> Tensor:
    """uint8 [0, 255] -> float32 [-1, 1]."""
    return images.float().div_(127.5).sub_(1)


class Batch(NamedTuple):
    """Images [N C H W] float32, and the classes that they are of, [N] int64; None where the run knows of none."""

    x: Tensor
    y: Tensor | None


class BatchStream:
    """An endless shuffled stream of images: each epoch its own permutation, batches run on across epochs.

    The order depends on (seed, epoch) alone, so `position` (images drawn so far) is all its state, and batches of
    another size cut the same stream elsewhere.

    `rows`: the places of the images that are drawn, None for all. `mirror`: an epoch shows each of them and its mirror
    image, once each, in one shuffled order (the x-flips of Karras et al. 2020, arXiv:2006.06676, table 1).
    """

    def __init__(
        self,
        images: ImageArray,
        seed: int,
        device: torch.device,
        scale: Callable[[Tensor], Tensor] = to_unit,
        rows: Rows | None = None,
        mirror: bool = False,
        labels: Labels | None = None,
    ) -> None:
        """`labels` [N]: of all images, for a run that is told them."""
        self._images = images
        self._rows = None if rows is None else torch.from_numpy(rows)
        self._used = len(images) if rows is None else len(rows)
        self._mirror = mirror
        self._epoch_images = 2 * self._used if mirror else self._used
        self._labels = None if labels is None else torch.tensor(labels, device=device)
        self._scale = scale
        # The whole data set moves to an accelerator once; on a CPU it stays where it is mapped.
        self._on_device = None if device.type == "cpu" else torch.tensor(images, device=device)
        self._seed = seed
        self._device = device
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)
        self.position = 0

    def next(self, batch_size: int) -> Tensor:
        """The next images, [N C H W] float32, scaled: by default to [-1, 1]."""
        return self.draw(batch_size).x

    def draw(self, batch_size: int) -> Batch:
        """The next images with their labels."""
        wanted = []
        missing = batch_size
        while missing:
            offset = self._open_epoch(self.position // self._epoch_images)
            piece = self._order[offset : offset + missing]
            wanted.append(piece)
            missing -= len(piece)
            self.position += len(piece)
        drawn = torch.cat(wanted) if len(wanted) > 1 else wanted[0]
        index = drawn % self._used if self._mirror else drawn
        if self._rows is not None:
            index = self._rows[index]
        if self._on_device is not None:
            x = self._on_device[index.to(self._device)]
        else:
            x = torch.from_numpy(self._images[index.numpy()])
        if self._mirror:
            is_mirrored = (drawn >= self._used).to(self._device)
            x = torch.where(is_mirrored[:, None, None, None], x.flip(-1), x)
        y = None if self._labels is None else self._labels[index.to(self._device)]
        return Batch(self._scale(x), y)

    def _open_epoch(self, epoch: int) -> int:
        if epoch != self._epoch:
            shuffle = streams.generator(self._seed, f"data.{epoch}")
            self._order = torch.randperm(self._epoch_images, generator=shuffle)
            self._epoch = epoch
        return self.position - epoch * self._epoch_images

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.position = state["position"]
