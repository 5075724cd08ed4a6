"""From uint8 pixels to the numbers that D gets for real images, by name: (pixel / 255 - mean) / std.

G ends in tanh (except that of r3gan), so its images span [-1, 1] whatever the scaling, and are quantised from there for
grids and scores. Under `standardised` the reals span another range, which D can tell the two apart by.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_core.datasets.batches import ImageArray, to_unit
from gan_core.problems import Problem, UserError
from gan_core.registry import Registry

LEVELS = 256
CHUNK_PIXELS = 2**22


@dataclass(frozen=True)
class Scaling:
    """A scaling that was resolved for one data set. `apply`: uint8 [N C H W] -> float32 of the same shape."""

    mean: tuple[float, ...]  # a channel each, of pixels in [0, 1]
    std: tuple[float, ...]
    apply: Callable[[Tensor], Tensor]

    def plain(self) -> dict[str, tuple[float, ...]]:
        """The scaling as a run records it: mean and std of each channel, and the values of black and white."""
        low = min(-m / s for m, s in zip(self.mean, self.std, strict=True))
        high = max((1 - m) / s for m, s in zip(self.mean, self.std, strict=True))
        return {"mean": self.mean, "std": self.std, "range": (low, high)}


def unit(images: ImageArray, device: torch.device) -> Scaling:
    """To [-1, 1], the range of tanh: Radford et al. 2016, arXiv:1511.06434, section 4."""
    halves = (0.5,) * images.shape[1]
    return Scaling(halves, halves, to_unit)


def standardised(images: ImageArray, device: torch.device) -> Scaling:
    """To mean 0 and standard deviation 1 over the training images, channel by channel. Exact: from counts of levels."""
    counts = _level_counts(images)  # [C 256]
    values = np.arange(LEVELS) / 255
    mean = counts @ values / counts.sum(1)  # [C], float64
    std = np.sqrt((counts * (values - mean[:, None]) ** 2).sum(1) / counts.sum(1))
    if single := np.flatnonzero((counts > 0).sum(1) == 1).tolist():
        channels = ", ".join(map(str, single))
        message = f"channel {channels} of the data set has a single value; it cannot be scaled to deviation 1"
        raise UserError(Problem(message, where=("data_scaling",)))
    shift, scale = (torch.tensor(v, dtype=torch.float32, device=device)[:, None, None] for v in (mean * 255, std * 255))
    return Scaling(tuple(mean.tolist()), tuple(std.tolist()), lambda x: x.float().sub_(shift).div_(scale))


SCALINGS: Registry[Callable[[ImageArray, torch.device], Scaling]] = Registry(
    "data scaling", {"unit": unit, "standardised": standardised}
)


def _level_counts(images: ImageArray) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """How often each channel has each of the 256 values, a few images at a time."""
    n, channels, height, width = images.shape
    counts = np.zeros((channels, LEVELS), dtype=np.int64)
    chunk = max(1, CHUNK_PIXELS // (channels * height * width))
    for start in range(0, n, chunk):
        piece = images[start : start + chunk]
        for channel in range(channels):
            counts[channel] += np.bincount(piece[:, channel].ravel(), minlength=LEVELS)
    return counts
