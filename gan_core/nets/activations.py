"""Activations by name, each with the initialisation that it wants."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Activation:
    """A point-wise non-linearity. `initialisation` is the one used unless the configuration names another."""

    paper: str
    initialisation: str
    build: Callable[[], nn.Module]


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation("Nair and Hinton 2010", "dcgan", lambda: nn.ReLU(inplace=True)),
    "leaky_relu": Activation(
        "Maas et al. 2013; slope 0.2 as in Radford et al. 2016, arXiv:1511.06434",
        "dcgan",
        lambda: nn.LeakyReLU(0.2, inplace=True),
    ),
    "selu": Activation(
        "Klambauer et al. 2017, arXiv:1706.02515; keeps mean 0 and variance 1 with LeCun's initialisation",
        "lecun",
        lambda: nn.SELU(inplace=True),
    ),
}
