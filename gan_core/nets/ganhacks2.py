"""GANHacks2: a rectangular DCGAN for CelebA's aspect, 157x128 and nothing else. G is its own, D is dcgan's.

https://github.com/IliaZenkov/DCGAN-Rectangular-GANHacks2. G: a linear map to 4x4, then transposed convolutions of
kernel (5, 4), stride 2, padding 1, and (2, 1) in the last one: 9x8, 19x16, 39x32, 79x64, 157x128. D: convolutions
k4 s2 p1 down to 4x4, then k4 to one logit; that is dcgan's D at this size. Channels 64, 128, 256, 512, 512 in both
(`width` 64, `max_width` 512), no biases but the linear map's, no normalisation in D. Spectral norm, dropout and noise
are tricks.
"""

from functools import partial
from itertools import pairwise

from torch import nn

from gan_core.nets.network import GeneratorNetwork
from gan_core.nets.style import Style
from gan_core.schema.configuration import Config

SHAPE = (157, 128)
KERNEL, STRIDE = (5, 4), 2
FACTORS = (16, 8, 4, 2, 1)  # of the linear map's 4x4 maps, then of each block


class Generator(GeneratorNetwork):
    """z [N latent_dim] -> images [N C 157 128] in [-1, 1]. The linear map leads straight into the first convolution."""

    def __init__(self, config: Config, channels: int) -> None:
        style = Style.of(config, "G")
        widths = [style.channels(config.width * factor) for factor in FACTORS]
        project = nn.Linear(config.latent_dim, widths[0] * 4 * 4)
        before = {"project": project, "form": nn.Unflatten(1, (widths[0], 4, 4))}
        blocks = [
            style.block(partial(nn.ConvTranspose2d, a, b, KERNEL, STRIDE, 1), b, before={} if i else before)
            for i, (a, b) in enumerate(pairwise(widths))
        ]
        super().__init__(blocks, style.head(partial(nn.ConvTranspose2d, widths[-1], channels, KERNEL, STRIDE, (2, 1))))


def check_size(height: int, width: int) -> None:
    """Raises ValueError for any other size."""
    if (height, width) != SHAPE:
        raise ValueError(f"ganhacks2 draws 157x128 (height x width) only, not {height}x{width}")
