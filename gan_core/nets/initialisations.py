"""Initialisations by name: a network -> nothing, drawing from the global generator (call it inside a fork)."""

import math
from collections.abc import Callable

import torch
from torch import nn

from gan_core.nets.gained_convolution import GainedConvolution
from gan_core.registry import Registry

LINEAR_MAPS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def dcgan(net: nn.Module) -> None:
    """Weights N(0, 0.02), batch norm's N(1, 0.02), biases 0: Radford et al. 2016, arXiv:1511.06434, section 4."""
    _dcgan(net, LINEAR_MAPS)


def dcgan_without_transposed(net: nn.Module) -> None:
    """As `dcgan`, but transposed convolutions keep torch's own weights: a slip of code that looks for Conv2d only."""
    _dcgan(net, (nn.Linear, nn.Conv2d))


def torch_default(net: nn.Module) -> None:
    """What torch gave each layer: uniform, variance 1 / (3 fan_in), in torch's own count of the fan-in."""


def as_built(net: nn.Module) -> None:
    """What the network's constructor gave each layer, drawn in its own order."""


def orthogonal(net: nn.Module) -> None:
    """Orthogonal matrices, biases 0: Saxe et al. 2014, arXiv:1312.6120; Brock et al. 2019, arXiv:1809.11096.

    The matrix of a convolution is its kernel as [out, in*h*w], transposed or not.
    """
    for module in _linear_maps(net):
        swapped = isinstance(module, nn.ConvTranspose2d)  # keeps its outputs in dimension 1
        matrix = torch.empty_like(module.weight.transpose(0, 1) if swapped else module.weight).contiguous()
        nn.init.orthogonal_(matrix)
        with torch.no_grad():
            module.weight.copy_(matrix.transpose(0, 1) if swapped else matrix)
        _zero_bias(module)


def glorot(net: nn.Module) -> None:
    """Uniform weights of variance 2 / (fan_in + fan_out), biases 0: Glorot and Bengio 2010, equation 16.

    Keras' and Chainer's own choice. Fans are torch's: kernel area times channels, whatever the stride.
    """
    for module in _linear_maps(net):
        nn.init.xavier_uniform_(module.weight)
        _zero_bias(module)


def lecun(net: nn.Module) -> None:
    """Weights N(0, 1/fan_in), biases 0: what self-normalising networks need (Klambauer et al. 2017, section 2).

    The fan-in of a transposed convolution counts what reaches one output: in * kernel area / stride area.
    """
    for module in _linear_maps(net):
        nn.init.normal_(module.weight, 0.0, 1 / math.sqrt(fan_in(module)))
        _zero_bias(module)


def r3gan(net: nn.Module) -> None:
    """Weights N(0, gain^2/fan_in) with the gain that a layer has, else 1, biases 0: Huang et al. 2024, code.

    With R3GAN's gains it is Fixup (Zhang et al. 2019, arXiv:1901.09321): some layers begin at 0.
    """
    for module in _linear_maps(net):
        gain = module.gain if isinstance(module, GainedConvolution) else 1.0
        nn.init.normal_(module.weight, 0.0, gain / math.sqrt(fan_in(module)))
        _zero_bias(module)


def fan_in(module: nn.Module) -> float:
    """The number of inputs that reach one output of a linear map, away from the borders."""
    if isinstance(module, nn.ConvTranspose2d):
        height, width = (kernel / stride for kernel, stride in zip(module.kernel_size, module.stride, strict=True))
        if module.padding == (0, 0) and module.stride == (1, 1):
            return module.in_channels  # a 1x1 input: every output sees one pixel
        return module.in_channels * height * width
    if isinstance(module, nn.Conv2d):
        return module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
    assert isinstance(module, nn.Linear)
    return module.in_features


def _dcgan(net: nn.Module, linear_maps: tuple[type[nn.Module], ...]) -> None:
    for module in net.modules():
        if isinstance(module, linear_maps):
            assert isinstance(module, LINEAR_MAPS)
            nn.init.normal_(module.weight, 0.0, 0.02)
            _zero_bias(module)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)


def _linear_maps(net: nn.Module) -> list[nn.Linear | nn.Conv2d | nn.ConvTranspose2d]:
    return [module for module in net.modules() if isinstance(module, LINEAR_MAPS)]


def _zero_bias(module: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> None:
    if module.bias is not None:
        nn.init.zeros_(module.bias)


BEGINS_AT_ZERO = ("r3gan",)  # some of its matrices have no largest singular value to divide by
_own: dict[str, Callable[[nn.Module], None]] = {
    "dcgan": dcgan,
    "torch_default": torch_default,
    "orthogonal": orthogonal,
    "glorot": glorot,
    "lecun": lecun,
    "dcgan_without_transposed": dcgan_without_transposed,
    "as_built": as_built,
    "r3gan": r3gan,
}
INITIALISATIONS: Registry[Callable[[nn.Module], None]] = Registry("initialisation", _own)
