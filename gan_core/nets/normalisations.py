"""Normalisations of feature maps by name: channels -> module, or None."""

from collections.abc import Callable

from torch import nn

NORMALISATIONS: dict[str, Callable[[int], nn.Module] | None] = {
    "none": None,
    "batch": nn.BatchNorm2d,  # Ioffe and Szegedy 2015, arXiv:1502.03167
}
