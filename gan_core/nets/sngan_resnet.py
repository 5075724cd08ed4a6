"""The ResNet of SNGAN for 32x32. Miyato et al. 2018, arXiv:1802.05957, appendix B, table 4.

G: a dense layer to an eighth of the image's size, three residual blocks that double it, all with 4 `width` (256) maps,
then normalisation, activation and a convolution k3. D: four residual blocks with 2 `width` (128) maps, of which the
first two halve the size, activation, sum over space, a dense layer; ReLU and no normalisation, spectral norm is a
trick. Any height and width divisible by 8. The group's code draws residual convolutions sqrt(2) wider than Glorot's;
we don't.
"""

from collections import OrderedDict
from collections.abc import Mapping
from functools import partial

from torch import Tensor, nn

from gan_core.nets.network import DiscriminatorNetwork, GeneratorNetwork, Tail
from gan_core.nets.residual import ResidualBlock
from gan_core.nets.style import Style
from gan_core.schema.configuration import Config

REDUCTION = 8  # what G's three blocks multiply
G_FACTOR, D_FACTOR = 4, 2


class Generator(GeneratorNetwork):
    """z [N latent_dim] -> images [N C H W] in [-1, 1]."""

    def __init__(self, config: Config, channels: int) -> None:
        style = Style.of(config, "G")
        height, width = (side // REDUCTION for side in config.shape)
        count = style.channels(G_FACTOR * config.width)
        before = {
            "project": nn.Linear(config.latent_dim, count * height * width),
            "form": nn.Unflatten(1, (count, height, width)),
        }
        ups = [{"residual": ResidualBlock(style, count, count, "up")} for _ in range(3)]
        norm, activation = style.normalise(style.norm, count), {"activation": style.activation.build()}
        normed = {"norm": norm} if norm is not None else {}
        after = (activation, normed) if style.norm.after_activation else (normed, activation)
        blocks = [_block(before, ups[0]), _block(ups[1]), _block(ups[2], *after)]
        super().__init__(blocks, style.head(partial(nn.Conv2d, count, channels, 3, 1, 1)))


class Discriminator(DiscriminatorNetwork):
    """Images [N C H W] -> logits [N]."""

    def __init__(self, config: Config, channels: int, tails: tuple[Tail, ...] = ()) -> None:
        style = Style.of(config, "D")
        count = style.channels(D_FACTOR * config.width)
        residuals = [
            ResidualBlock(style, channels, count, "down", on_images=True),
            ResidualBlock(style, count, count, "down"),
            ResidualBlock(style, count, count, "none"),
            ResidualBlock(style, count, count, "none"),
        ]
        blocks = [_block({"residual": residual}) for residual in residuals]
        blocks[-1].add_module("activation", style.activation.build())
        extra = sum(tail.extra_channels for tail in tails)
        dense = style.head(partial(nn.Linear, count + extra, 1))
        super().__init__(blocks, nn.Sequential(SumOverSpace(), dense), tails, style.last())


class SumOverSpace(nn.Module):
    """[N C H W] -> [N C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(dim=(2, 3))


def _block(*parts: Mapping[str, nn.Module]) -> nn.Sequential:
    return nn.Sequential(OrderedDict((name, module) for part in parts for name, module in part.items()))


def check_size(height: int, width: int) -> None:
    """Raises ValueError for a size that G's blocks don't lead to."""
    if height % REDUCTION or width % REDUCTION:
        raise ValueError(f"sngan_resnet draws heights and widths divisible by {REDUCTION}, not {height}x{width}")
