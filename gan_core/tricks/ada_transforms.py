"""The transforms that ADA chooses from: images [N C H W], `on` [N] where they apply, a stream -> images.

From Karras et al. 2020 (arXiv:2006.06676), appendix B, with its ranges. Where `on` is False the image stays as it is,
bit for bit; everything is computed for every image, so that nothing waits for the device.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_core.tricks.image_transforms import brightened, flipped, rotated, stretched, translated

Transform = Callable[[Tensor, Tensor, torch.Generator], Tensor]


def flip(x: Tensor, on: Tensor, stream: torch.Generator) -> Tensor:
    """Left and right swapped, or not, at even chances."""
    return flipped(x, on & (_uniform(x, stream) < 0.5))


def rotation(x: Tensor, on: Tensor, stream: torch.Generator) -> Tensor:
    """Turned by 0 to 3 quarters; by 0 or 2 where the image is not square."""
    step = 1 if x.shape[2] == x.shape[3] else 2
    return rotated(x, on * step * (4 // step * _uniform(x, stream)).floor())


def translation(x: Tensor, on: Tensor, stream: torch.Generator) -> Tensor:
    """Moved by at most an eighth of the height and width, in whole pixels, padded by reflection."""
    down, right = ((on * size * (0.25 * _uniform(x, stream) - 0.125)).round().long() for size in x.shape[2:])
    return translated(x, down, right, "reflect")


def brightness(x: Tensor, on: Tensor, stream: torch.Generator) -> Tensor:
    """N(0, 0.2) is added to all pixels."""
    return brightened(x, on * 0.2 * _normal(x, stream))


def contrast(x: Tensor, on: Tensor, stream: torch.Generator) -> Tensor:
    """All pixels times 2^N(0, 0.5): 0, mid-grey, stays."""
    return stretched(x, 0.0, torch.exp2(on * 0.5 * _normal(x, stream)))


def saturation(x: Tensor, on: Tensor, stream: torch.Generator) -> Tensor:
    """The distance of each pixel to its grey times 2^N(0, 1); grey images stay as they are."""
    if x.shape[1] == 1:
        return x
    return stretched(x, x.mean(dim=1, keepdim=True), torch.exp2(on * _normal(x, stream)))


TRANSFORMS: dict[str, Transform] = {
    "flip": flip,
    "rotation": rotation,
    "translation": translation,
    "brightness": brightness,
    "contrast": contrast,
    "saturation": saturation,
}


def _uniform(x: Tensor, stream: torch.Generator) -> Tensor:
    return torch.rand(len(x), generator=stream, device=x.device)


def _normal(x: Tensor, stream: torch.Generator) -> Tensor:
    return torch.randn(len(x), generator=stream, device=x.device)
