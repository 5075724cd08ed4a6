"""The small network of WGAN_TensorFlow, for 28x28 and 32x32: two steps of size, kernel 5, no normalisation.

Critic: convolutions k5 s2 of `width` (64) and twice as many channels, then a dense layer to one number. G: a dense
layer to twice `width` maps of a quarter of the image's size, transposed convolutions k5 s2 to `width` and half of it,
a convolution k3 to the image. Its dropout of 0.3 in the critic is a trick. Deviation: TensorFlow's "same" padding is
1 pixel before and 2 after, ours is 2 on both sides; the shapes are the same. The loss: Arjovsky et al. 2017,
arXiv:1701.07875.
"""

from functools import partial

from torch import nn

from gan_core.nets.network import DiscriminatorNetwork, GeneratorNetwork, Tail
from gan_core.nets.style import Style
from gan_core.schema.configuration import Config

KERNEL, STRIDE, PADDING = 5, 2, 2
REDUCTION = 4  # what two strides of 2 make


class Generator(GeneratorNetwork):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]."""

    def __init__(self, config: Config, channels: int) -> None:
        style = Style.of(config, "G")
        height, width = (side // REDUCTION for side in config.shape)
        first, second, third = (style.channels(count) for count in _channels(config.width))
        project = nn.Linear(config.latent_dim, first * height * width)
        before = {"project": project, "form": nn.Unflatten(1, (first, height, width))}
        grow = partial(nn.ConvTranspose2d, kernel_size=KERNEL, stride=STRIDE, padding=PADDING, output_padding=1)
        blocks = [
            style.block(partial(grow, first, second), second, before=before),  # [N 2w H/4 W/4] -> [N w H/2 W/2]
            style.block(partial(grow, second, third), third),  # -> [N w/2 H W]
        ]
        super().__init__(blocks, style.head(partial(nn.Conv2d, third, channels, 3, 1, 1)))


class Discriminator(DiscriminatorNetwork):
    """Images [N C H W] -> logits [N]."""

    def __init__(self, config: Config, channels: int, tails: tuple[Tail, ...] = ()) -> None:
        style = Style.of(config, "D")
        height, width = (side // REDUCTION for side in config.shape)
        second, first, _ = (style.channels(count) for count in _channels(config.width))
        shrink = partial(nn.Conv2d, kernel_size=KERNEL, stride=STRIDE, padding=PADDING)
        blocks = [
            style.block(partial(shrink, channels, first), first, normed=False),
            style.block(partial(shrink, first, second), second),
        ]
        extra = sum(tail.extra_channels for tail in tails)
        dense = style.head(partial(nn.Linear, (second + extra) * height * width, 1))
        super().__init__(blocks, nn.Sequential(nn.Flatten(), dense), tails, style.last())


def _channels(width: int) -> tuple[int, int, int]:
    return 2 * width, width, max(1, width // 2)


def check_size(height: int, width: int) -> None:
    """Raises ValueError where two halvings leave a rest."""
    if height % REDUCTION or width % REDUCTION:
        raise ValueError(f"wgan_tf draws heights and widths divisible by {REDUCTION}, not {height}x{width}")
