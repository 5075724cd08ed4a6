"""The networks of R3GAN: residual stages without normalisation. Huang et al. 2024, arXiv:2501.05441, section 3.

As its authors' code has them for CIFAR-10 and FFHQ. Both networks are stages of two residual blocks at 4x4, 8x8, ... up
to the image's size; between them maps are doubled (G) or halved (D) by interpolation, with a 1x1 convolution where
channels change. A residual block is ResNeXt's with an inverted bottleneck: 1x1 to twice the channels, bias and
activation, 3x3 in groups of 16 channels, bias and activation, 1x1 back, added to what came in. G begins with learned
4x4 maps, each times a linear function of z, and ends in a 1x1 convolution: without tanh, so that its images may lie
outside [-1, 1], where they are clamped when they are drawn. D begins with a 1x1 convolution and ends with a 4x4
convolution of each map for itself and a linear map.

Channels are 12 `width` (768) up to 32x32, half as many at 64x64, and so on. There are at most 96 groups, which together
with `width: 128` is the code's ImageNet-32 (without its conditions). `initialisation: r3gan` is the code's: weights of
standard deviation gain / sqrt(fan-in), with Fixup's gains (Zhang et al. 2019, arXiv:1901.09321, section 3): the last
convolution of a residual block is 0, the gain of the others falls with the number of blocks L as L^(-1/4).

`bias: where_needed` is as in the code: the two inner convolutions of a residual block have one, unless a normalisation
follows. A normalisation, on request, stands between them and their activation.
"""

import math
from collections import OrderedDict

import torch
from torch import Tensor, nn

from gan_core.nets.gained_convolution import GainedConvolution
from gan_core.nets.network import DiscriminatorNetwork, GeneratorNetwork, Tail
from gan_core.nets.resampling import SmoothDoubling, SmoothHalving
from gan_core.nets.style import Style
from gan_core.schema.configuration import Config

SMALLEST, LARGEST = 4, 256  # px: the side of the first maps, and of an image
BLOCKS = 2  # a stage
EXPANSION, GROUP, MOST_GROUPS = 2, 16, 96
LINEAR_LAYERS = 3  # of a residual block
LEAKY_GAIN = math.sqrt(2 / (1 + 0.2**2))  # keeps the mean square of what a leaky ReLU with slope 0.2 gets


class ResidualBlock(nn.Module):
    """[N C H W] -> the same shape. `blocks`: the number of such blocks in the network."""

    def __init__(self, style: Style, channels: int, blocks: int) -> None:
        super().__init__()
        inner = style.channels(EXPANSION * channels)
        gain = LEAKY_GAIN * blocks ** (-1 / (2 * LINEAR_LAYERS - 2))
        biased = style.has_bias(style.norm)
        self.expand = GainedConvolution(channels, inner, 1, gain=gain, bias=biased)
        self.norm1, self.activation1 = style.normalise(style.norm, inner), style.activation.build()
        self.grouped = GainedConvolution(inner, inner, 3, groups_of(inner), gain, biased)
        self.norm2, self.activation2 = style.normalise(style.norm, inner), style.activation.build()
        self.contract = GainedConvolution(inner, channels, 1, gain=0.0, bias=style.bias == "all")
        self.norm_last = style.norm.after_activation

    def forward(self, x: Tensor) -> Tensor:
        h = self._activated(self.expand(x), self.norm1, self.activation1)
        h = self._activated(self.grouped(h), self.norm2, self.activation2)
        return x + self.contract(h)  # type: ignore[no-any-return]

    def _activated(self, h: Tensor, norm: nn.Module | None, activation: nn.Module) -> Tensor:
        for part in (activation, norm) if self.norm_last else (norm, activation):
            h = h if part is None else part(h)
        return h


class Basis(nn.Module):
    """Amplitudes [N C] -> [N C 4 4]: each times a learned map of its own, N(0, 1) at first."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.empty(channels, SMALLEST, SMALLEST))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the maps anew."""
        nn.init.normal_(self.maps)

    def forward(self, amplitudes: Tensor) -> Tensor:
        return self.maps * amplitudes[:, :, None, None]


class Generator(GeneratorNetwork):
    """z [N latent_dim] -> images [N C H W], most of whose values come to lie in [-1, 1]."""

    bounded = False

    def __init__(self, config: Config, channels: int) -> None:
        style, sides = Style.of(config, "G"), sides_of(config)
        counts = [channels_at(side, config, style) for side in sides]
        plain = style.bias == "all"
        blocks = []
        for i, count in enumerate(counts):
            parts: OrderedDict[str, nn.Module] = OrderedDict()
            if i == 0:
                parts["project"], parts["basis"] = nn.Linear(config.latent_dim, count, bias=plain), Basis(count)
            else:
                if count != counts[i - 1]:
                    parts["transform"] = GainedConvolution(counts[i - 1], count, 1, bias=plain)
                parts["up"] = SmoothDoubling()
            blocks.append(nn.Sequential(parts | _residuals(style, count, BLOCKS * len(sides))))
        super().__init__(blocks, GainedConvolution(counts[-1], channels, 1, bias=plain))


class Discriminator(DiscriminatorNetwork):
    """Images [N C H W] -> logits [N]."""

    def __init__(self, config: Config, channels: int, tails: tuple[Tail, ...] = ()) -> None:
        style, sides = Style.of(config, "D"), sides_of(config)[::-1]
        counts = [channels_at(side, config, style) for side in sides]
        plain = style.bias == "all"
        blocks = []
        for i, count in enumerate(counts):
            parts: OrderedDict[str, nn.Module] = OrderedDict()
            if i == 0:
                parts["extract"] = GainedConvolution(channels, count, 1, bias=plain)
            parts |= _residuals(style, count, BLOCKS * len(sides))
            if i + 1 < len(counts):
                parts["down"] = SmoothHalving()
                if count != counts[i + 1]:
                    parts["transform"] = GainedConvolution(count, counts[i + 1], 1, bias=plain)
            blocks.append(nn.Sequential(parts))
        last = counts[-1] + sum(tail.extra_channels for tail in tails)
        basis = nn.Conv2d(last, last, SMALLEST, groups=last, bias=plain)
        super().__init__(
            blocks, nn.Sequential(basis, nn.Flatten(), nn.Linear(last, 1, bias=plain)), tails, style.last()
        )


def sides_of(config: Config) -> list[int]:
    """The sides of the stages' maps, from 4 px to the image's."""
    doublings = int(math.log2(config.shape[0] // SMALLEST))
    return [SMALLEST * 2**i for i in range(doublings + 1)]


def channels_at(side: int, config: Config, style: Style) -> int:
    """The channels of the maps of that side: 768 up to 32 px, 384 at 64 px ... for a width of 64."""
    return style.channels(max(1, 12 * config.width * 32 // max(32, side)))


def groups_of(channels: int) -> int:
    """The groups of a 3x3 convolution: of 16 channels, or of the next larger number that goes into all channels."""
    most = max(1, min(MOST_GROUPS, channels // GROUP))
    return next(groups for groups in range(most, 0, -1) if channels % groups == 0)


def _residuals(style: Style, channels: int, blocks: int) -> OrderedDict[str, nn.Module]:
    return OrderedDict((f"residual{i}", ResidualBlock(style, channels, blocks)) for i in range(BLOCKS))


def check_size(height: int, width: int) -> None:
    """Raises ValueError for a size that doubling 4x4 maps does not lead to."""
    sizes = [SMALLEST * 2**i for i in range(1, 1 + int(math.log2(LARGEST // SMALLEST)))]
    if height != width or height not in sizes:
        raise ValueError(f"r3gan draws squares of {', '.join(map(str, sizes))} px, not {height}x{width}")
