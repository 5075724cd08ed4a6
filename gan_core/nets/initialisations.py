"""Initialisations by name: a network -> nothing, drawing from the global generator (call it inside a fork)."""

import math
from collections.abc import Callable

from torch import nn

LINEAR_MAPS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def dcgan(net: nn.Module) -> None:
    """Weights N(0, 0.02), batch norm's N(1, 0.02), biases 0: Radford et al. 2016, arXiv:1511.06434, section 4."""
    for module in net.modules():
        if isinstance(module, LINEAR_MAPS):
            nn.init.normal_(module.weight, 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)


def lecun(net: nn.Module) -> None:
    """Weights N(0, 1/fan_in), biases 0: what self-normalising networks need (Klambauer et al. 2017, section 2).

    The fan-in of a transposed convolution counts what reaches one output: in * kernel area / stride area.
    """
    for module in net.modules():
        if isinstance(module, LINEAR_MAPS):
            nn.init.normal_(module.weight, 0.0, 1 / math.sqrt(fan_in(module)))
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def fan_in(module: nn.Module) -> float:
    """The number of inputs that reach one output of a linear map, away from the borders."""
    if isinstance(module, nn.ConvTranspose2d):
        height, width = (kernel / stride for kernel, stride in zip(module.kernel_size, module.stride, strict=True))
        if module.padding == (0, 0) and module.stride == (1, 1):
            return module.in_channels  # a 1x1 input: every output sees one pixel
        return module.in_channels * height * width
    if isinstance(module, nn.Conv2d):
        return module.in_channels * module.kernel_size[0] * module.kernel_size[1]
    assert isinstance(module, nn.Linear)
    return module.in_features


INITIALISATIONS: dict[str, Callable[[nn.Module], None]] = {"dcgan": dcgan, "lecun": lecun}
