"""The standard CNN of SNGAN for 32x32 (STL-10: 48x48). Miyato et al. 2018, arXiv:1802.05957, appendix B, table 3.

`width` (64) is the number of channels beside the images; it doubles with each halving down to an eighth of their size.
Any height and width divisible by 8. G: a dense layer to 8 `width` maps, three transposed convolutions k4 s2, a
convolution k3, batch norm. D: convolutions k3 s1 and k4 s2 by turns, seven in all, a dense layer, LeakyReLU of slope
0.1, no batch norm; spectral norm is a trick. The table is silent on what follows G's dense layer: normalisation and
activation here, as in the group's own code (chainer-gan-lib).
"""

from functools import partial
from itertools import pairwise

from torch import nn

from gan_core.nets.halving import Doubling
from gan_core.nets.network import DiscriminatorNetwork, GeneratorNetwork, Tail
from gan_core.nets.style import Style
from gan_core.schema.configuration import Config

REDUCTION = 8  # what three strides of 2 make
G_FACTORS = (8, 4, 2, 1)
D_LAYERS = ((1, 3, 1), (1, 4, 2), (2, 3, 1), (2, 4, 2), (4, 3, 1), (4, 4, 2), (8, 3, 1))  # times width, kernel, stride


class Generator(GeneratorNetwork):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]."""

    def __init__(self, config: Config, channels: int) -> None:
        style = Style.of(config, "G")
        height, width = (side // REDUCTION for side in config.shape)
        widths = [style.channels(config.width * factor) for factor in G_FACTORS]
        blocks = [style.block(partial(Projection, config.latent_dim, widths[0], height, width), widths[0])]
        blocks += [style.block(partial(Doubling, a, b, 4, 2, 1), b) for a, b in pairwise(widths)]
        super().__init__(blocks, style.head(partial(nn.Conv2d, widths[-1], channels, 3, 1, 1)))


class Discriminator(DiscriminatorNetwork):
    """Images [N C H W] -> logits [N]. Where a normalisation is asked for, the first block has none."""

    def __init__(self, config: Config, channels: int, tails: tuple[Tail, ...] = ()) -> None:
        style = Style.of(config, "D")
        height, width = (side // REDUCTION for side in config.shape)
        blocks: list[nn.Sequential] = []
        last = channels
        for factor, kernel, stride in D_LAYERS:
            count = style.channels(config.width * factor)
            blocks.append(style.block(partial(nn.Conv2d, last, count, kernel, stride, 1), count, normed=bool(blocks)))
            last = count
        extra = sum(tail.extra_channels for tail in tails)
        dense = style.head(partial(nn.Linear, (last + extra) * height * width, 1))
        super().__init__(blocks, nn.Sequential(nn.Flatten(), dense), tails, style.last())


class Projection(nn.Sequential):
    """A dense layer whose output is a stack of maps: [N latent_dim] -> [N channels height width]."""

    def __init__(self, latent_dim: int, channels: int, height: int, width: int, bias: bool = True) -> None:
        dense = nn.Linear(latent_dim, channels * height * width, bias=bias)
        super().__init__(dense, nn.Unflatten(1, (channels, height, width)))


def check_size(height: int, width: int) -> None:
    """Raises ValueError where three halvings leave a rest."""
    if height % REDUCTION or width % REDUCTION:
        raise ValueError(f"sngan_cnn draws heights and widths divisible by {REDUCTION}, not {height}x{width}")
