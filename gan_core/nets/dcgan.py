"""DCGAN: strided convolutions and nothing else. Radford et al. 2016, arXiv:1511.06434.

Kernel 4, stride 2, padding 1, as in the authors' later code and PyTorch's tutorial. `width` is the number of
channels at half the image's size; it doubles with each halving, up to `max_width`. Each axis of the image is halved
(7 -> 3) until it is 4 to 7 long, so any height and width from 8 will do; on its way back G uses kernel 5 where a length
is odd, which fills it exactly. An axis that is short already waits for the other one with kernel 3, stride 1.
"""

from functools import partial
from itertools import pairwise
from typing import NamedTuple

from torch import nn

from gan_core.nets.dense import FromVector, ToVector
from gan_core.nets.halving import Doubling, Halving
from gan_core.nets.network import DiscriminatorNetwork, GeneratorNetwork, Tail
from gan_core.nets.style import Style
from gan_core.schema.configuration import Config
from gan_core.schema.sizes import Shape

SHORTEST = 8  # px: halved once, it is 4


class Window(NamedTuple):
    """A convolution's kernel, stride and padding, each (height, width)."""

    kernel: Shape
    stride: Shape
    padding: Shape


class Generator(GeneratorNetwork):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]."""

    def __init__(self, config: Config, channels: int) -> None:
        style = Style.of(config, "G")
        small, *larger = reversed(shapes(*config.shape))
        widths = [style.channels(config.width * 2**i) for i in reversed(range(len(larger)))]  # smallest shape first
        first = partial(FromVector, config.latent_dim, widths[0], small, 1, 0)  # [N latent 1 1] -> small
        blocks = [style.block(first, widths[0], before={"form": nn.Unflatten(1, (config.latent_dim, 1, 1))})]
        ups = [up(a, b) for a, b in pairwise([small, *larger])]
        for i, width in enumerate(widths[1:]):
            blocks.append(style.block(partial(Doubling, widths[i], width, *ups[i]), width))
        super().__init__(blocks, style.head(partial(Doubling, widths[-1], channels, *ups[-1])))


class Discriminator(DiscriminatorNetwork):
    """Images [N C H W] -> logits [N]. The first block has no normalisation, as in the paper."""

    def __init__(self, config: Config, channels: int, tails: tuple[Tail, ...] = ()) -> None:
        style = Style.of(config, "D")
        large, *smaller = shapes(*config.shape)
        widths = [style.channels(config.width * 2**i) for i in range(len(smaller))]
        downs = [down(a, b) for a, b in pairwise([large, *smaller])]
        blocks = []
        for i, width in enumerate(widths):
            linear = partial(Halving, widths[i - 1] if i else channels, width, *downs[i])
            blocks.append(style.block(linear, width, normed=i > 0))
        extra = sum(tail.extra_channels for tail in tails)
        head = style.head(partial(ToVector, widths[-1] + extra, 1, smaller[-1], 1, 0))
        super().__init__(blocks, head, tails, style.last())


def shapes(height: int, width: int) -> list[Shape]:
    """The shapes of the maps, from the image's own down to 4..7 x 4..7. 157x128: 78x64, 39x32, 19x16, 9x8, 4x4."""
    found = [(height, width)]
    while max(found[-1]) >= SHORTEST:
        h, w = found[-1]
        found.append((h // 2 if h >= SHORTEST else h, w // 2 if w >= SHORTEST else w))
    return found


def down(large: Shape, small: Shape) -> Window:
    """The convolution that leads from one shape to the next: k4 s2 p1 gives floor(n / 2)."""
    return _window([(4, 2, 1) if a != b else (3, 1, 1) for a, b in zip(large, small, strict=True)])


def up(small: Shape, large: Shape) -> Window:
    """The transposed convolution that leads back: k4 s2 p1 gives 2 n, k5 s2 p1 gives 2 n + 1."""
    return _window([(3, 1, 1) if a == b else (4 + b - 2 * a, 2, 1) for a, b in zip(small, large, strict=True)])


def _window(axes: list[tuple[int, int, int]]) -> Window:
    kernel, stride, padding = zip(*axes, strict=True)
    return Window(kernel, stride, padding)


def check_size(height: int, width: int) -> None:
    """Raises ValueError for an image that is too small."""
    if min(height, width) < SHORTEST:
        raise ValueError(f"dcgan draws any height and width from {SHORTEST} px, not {height}x{width}")
