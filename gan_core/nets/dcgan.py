"""DCGAN: strided convolutions and nothing else. Radford et al. 2016, arXiv:1511.06434.

Kernel 4, stride 2, padding 1, as in the authors' later code and PyTorch's tutorial. `width` is the number of
channels at half the image's size; it doubles with each halving down to 4x4. A linear map has a bias only where no
normalisation follows.
"""

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

from gan_core.nets.activations import ACTIVATIONS
from gan_core.nets.network import Network, block
from gan_core.nets.normalisations import NORMALISATIONS
from gan_core.seats import Tail

if TYPE_CHECKING:
    from gan_core.config import Config


class Generator(Network):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]."""

    def __init__(self, config: "Config", channels: int) -> None:
        widths = [config.width * 2**i for i in reversed(range(levels(config.image_size)))]  # 4x4 first
        norm, activation = NORMALISATIONS[config.norm_g], ACTIVATIONS[config.activation_g].build
        bias = norm is None
        blocks = []
        for i, width in enumerate(widths):
            linear = (
                nn.ConvTranspose2d(config.latent_dim, width, 4, 1, 0, bias=bias)  # [N latent 1 1] -> [N width 4 4]
                if i == 0
                else nn.ConvTranspose2d(widths[i - 1], width, 4, 2, 1, bias=bias)
            )
            blocks.append(block(linear, norm(width) if norm else None, activation()))
        super().__init__(blocks, nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1))

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z[:, :, None, None]).tanh()


class Discriminator(Network):
    """Images [N C H W] -> logits [N]. The first block has no normalisation, as in the paper."""

    def __init__(self, config: "Config", channels: int, tails: tuple[Tail, ...] = ()) -> None:
        widths = [config.width * 2**i for i in range(levels(config.image_size))]  # 4x4 last
        norm, activation = NORMALISATIONS[config.norm_d], ACTIVATIONS[config.activation_d].build
        blocks = []
        for i, width in enumerate(widths):
            normed = norm is not None and i > 0
            linear = nn.Conv2d(widths[i - 1] if i else channels, width, 4, 2, 1, bias=not normed)
            blocks.append(block(linear, norm(width) if norm and normed else None, activation()))
        extra = sum(tail.extra_channels for tail in tails)
        super().__init__(blocks, nn.Conv2d(widths[-1] + extra, 1, 4, 1, 0), tails)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).flatten()


def levels(image_size: int) -> int:
    """How many halvings lead from the image to 4x4. Raises ValueError for a size that halvings don't lead to 4."""
    count = int(math.log2(image_size)) - 2
    if count < 1 or 4 * 2**count != image_size:
        raise ValueError(f"dcgan draws squares of 8, 16, 32, 64, ... pixels, not {image_size}")
    return count
