"""Normalisations by name, for feature maps [N C H W] and for vectors [N C]."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_core.registry import Registry

Build = Callable[[int], nn.Module | None]  # channels -> module


@dataclass(frozen=True)
class Normalisation:
    """How activations are normalised. `vectors` is None where there is nothing to normalise over in a vector."""

    paper: str
    shifts: bool  # it adds a bias of its own, so that the linear map before it needs none
    maps: Build
    vectors: Build | None
    after_activation: bool = False  # it comes after the activation in place of before it


class PixelNorm(nn.Module):
    """Every pixel's vector of channels is scaled to mean square 1; nothing is learnt. [N C ...] -> the same shape."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


def _nothing(channels: int) -> None:
    return None


_own: dict[str, Normalisation] = {
    "none": Normalisation("", False, _nothing, _nothing),
    # Per channel, over the batch and space; running statistics in evaluation mode
    "batch": Normalisation("Ioffe and Szegedy 2015, arXiv:1502.03167", True, nn.BatchNorm2d, nn.BatchNorm1d),
    # Per image, over channels and space; in a critic with a gradient penalty: Gulrajani et al. 2017, section 4
    "layer": Normalisation(
        "Ba et al. 2016, arXiv:1607.06450", True, lambda channels: nn.GroupNorm(1, channels), nn.LayerNorm
    ),
    # Per image and channel, over space
    "instance": Normalisation(
        "Ulyanov et al. 2016, arXiv:1607.08022",
        True,
        lambda channels: nn.InstanceNorm2d(channels, affine=True),
        None,
    ),
    # Per image and pixel, over channels. Before ReLU: what the next layer gets has mean square 0.5
    "pixel": Normalisation(
        "Karras et al. 2018, arXiv:1710.10196, section 4.2, but before the activation",
        False,
        lambda channels: PixelNorm(),
        lambda channels: PixelNorm(),
    ),
    # As in the authors' code: what the next layer gets has mean square 1
    "pixel_after_activation": Normalisation(
        "Karras et al. 2018, arXiv:1710.10196, section 4.2",
        False,
        lambda channels: PixelNorm(),
        lambda channels: PixelNorm(),
        after_activation=True,
    ),
}
NORMALISATIONS: Registry[Normalisation] = Registry("normalisation", _own)
