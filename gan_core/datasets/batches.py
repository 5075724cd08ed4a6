"""Images in memory as uint8 -> batches of scaled images, drawn by a seeded stream."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from gan_core import streams

ImageArray = np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]


def to_unit(images: Tensor) -> Tensor:
    """uint8 [0, 255] -> float32 [-1, 1]."""
    return images.float().div_(127.5).sub_(1)


class BatchStream:
    """An endless shuffled stream of images: each epoch its own permutation, batches run on across epochs.

    The order depends on (seed, epoch) alone, so `position` (images drawn so far) is all its state, and batches of
    another size cut the same stream elsewhere.
    """

    def __init__(
        self,
        images: ImageArray,
        seed: int,
        device: torch.device,
        scale: Callable[[Tensor], Tensor] = to_unit,
    ) -> None:
        self._images = images
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
        wanted = []
        missing = batch_size
        while missing:
            offset = self._open_epoch(self.position // len(self._images))
            piece = self._order[offset : offset + missing]
            wanted.append(piece)
            missing -= len(piece)
            self.position += len(piece)
        index = torch.cat(wanted) if len(wanted) > 1 else wanted[0]
        if self._on_device is not None:
            return self._scale(self._on_device[index.to(self._device)])
        return self._scale(torch.from_numpy(self._images[index.numpy()]))

    def _open_epoch(self, epoch: int) -> int:
        if epoch != self._epoch:
            shuffle = streams.generator(self._seed, f"data.{epoch}")
            self._order = torch.randperm(len(self._images), generator=shuffle)
            self._epoch = epoch
        return self.position - epoch * len(self._images)

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.position = state["position"]
