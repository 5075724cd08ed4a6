"""The vanilla GAN: fully connected networks. Goodfellow et al. 2014, arXiv:1406.2661.

G has hidden layers of 1, 2, 4 and 8 times `width` units, D the same in reverse: with width 128 the 128-256-512-1024 of
the usual implementations. The paper's own had other sizes, maxout and sigmoid units, and dropout in D; here LeakyReLU
stands for them, and dropout is a trick. Neither network has a normalisation unless asked for, and then D's first
block has none.
"""

from functools import partial
from itertools import pairwise
from math import prod

from torch import nn

from gan_core.nets.network import DiscriminatorNetwork, GeneratorNetwork, Tail
from gan_core.nets.style import Style
from gan_core.schema.configuration import Config

FACTORS = (1, 2, 4, 8)


class Generator(GeneratorNetwork):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]."""

    def __init__(self, config: Config, channels: int) -> None:
        style = Style.of(config, "G", vectors=True)
        image = (channels, *config.shape)
        units = [config.latent_dim, *(style.channels(config.width * factor) for factor in FACTORS)]
        blocks = [style.block(partial(nn.Linear, a, b), b) for a, b in pairwise(units)]
        head = style.head(partial(nn.Linear, units[-1], prod(image)))
        super().__init__(blocks, nn.Sequential(head, nn.Unflatten(1, image)))


class Discriminator(DiscriminatorNetwork):
    """Images [N C H W] -> logits [N]."""

    def __init__(self, config: Config, channels: int, tails: tuple[Tail, ...] = ()) -> None:
        style = Style.of(config, "D", vectors=True)
        pixels = channels * prod(config.shape)
        units = [pixels, *(style.channels(config.width * factor) for factor in reversed(FACTORS))]
        blocks = [
            style.block(partial(nn.Linear, a, b), b, normed=i > 0, before={} if i else {"flat": nn.Flatten()})
            for i, (a, b) in enumerate(pairwise(units))
        ]
        extra = sum(tail.extra_channels for tail in tails)
        super().__init__(blocks, style.head(partial(nn.Linear, units[-1] + extra, 1)), tails, style.last())


def check_size(height: int, width: int) -> None:
    """Any image will do."""
