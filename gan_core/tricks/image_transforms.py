"""Image transforms that let gradients through, each image by an amount of its own.

Images are [N C H W] in [-1, 1], amounts [N], all on one device; nothing waits for the device. A neutral amount
(0, a factor of 1, False) returns the image bit for bit.
"""

from typing import Literal

import torch
from torch import Tensor


def brightened(x: Tensor, shift: Tensor) -> Tensor:
    """Every pixel plus `shift`."""
    return x + _per_image(shift)


def stretched(x: Tensor, around: Tensor | float, factor: Tensor) -> Tensor:
    """The distance of every pixel to `around` (broadcast to x) times `factor`: contrast, saturation."""
    return x + (_per_image(factor) - 1) * (x - around)


def translated(x: Tensor, down: Tensor, right: Tensor, padding: Literal["zeros", "reflect"]) -> Tensor:
    """Moved by whole pixels, fewer than the image has: y[n, :, i, j] = x[n, :, i - down[n], j - right[n]].

    Reflection does not repeat the border's pixels.
    """
    return _shifted(_shifted(x, down, 2, padding), right, 3, padding)


def cut_out(x: Tensor, top: Tensor, left: Tensor, height: int, width: int) -> Tensor:
    """A rectangle of zeros, mid-grey, in each image; the part of it that lies outside is lost."""
    rows, columns = _span(top, height, x.shape[2]), _span(left, width, x.shape[3])
    return x.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], 0.0)


def flipped(x: Tensor, chosen: Tensor) -> Tensor:
    """Left and right swapped where `chosen`."""
    return torch.where(_per_image(chosen), x.flip(3), x)


def rotated(x: Tensor, quarter_turns: Tensor) -> Tensor:
    """Turned by 0 to 3 quarters, counter-clockwise. An image that is not square takes half turns only: 0 or 2."""
    turned = x
    for turns in (1, 2, 3) if x.shape[2] == x.shape[3] else (2,):
        turned = torch.where(_per_image(quarter_turns == turns), x.rot90(turns, (2, 3)), turned)
    return turned


def _per_image(amount: Tensor) -> Tensor:
    return amount[:, None, None, None]


def _shifted(x: Tensor, by: Tensor, dim: int, padding: str) -> Tensor:
    size, shape = x.shape[dim], [len(x), 1, 1, 1]
    shape[dim] = size
    source = torch.arange(size, device=x.device) - by[:, None]  # [N size]
    last = size - 1
    inner = last - (last - source.abs()).abs() if padding == "reflect" else source.clamp(0, last)
    moved = x.gather(dim, inner.view(shape).expand_as(x))
    return moved if padding == "reflect" else moved.masked_fill((source != inner).view(shape), 0.0)


def _span(start: Tensor, length: int, size: int) -> Tensor:
    """[N size], True at the `length` places from start[n]."""
    place = torch.arange(size, device=start.device)
    return (place >= start[:, None]) & (place < start[:, None] + length)
