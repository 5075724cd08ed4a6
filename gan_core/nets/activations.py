"""Activations by name, and the initialisation that one of them wants."""

from dataclasses import dataclass
from typing import Protocol

from torch import nn

from gan_core.registry import Registry


class Build(Protocol):
    """Makes the module. In place saves memory; where the input is needed once more, ask for a copy."""

    def __call__(self, inplace: bool = True) -> nn.Module: ...


@dataclass(frozen=True)
class Activation:
    """A point-wise non-linearity. `initialisation` is what it wants; None: what its architecture has.

    `normalises`: it keeps mean and variance by itself, and so wants no normalisation before it.
    """

    paper: str
    initialisation: str | None
    build: Build
    normalises: bool = False


def _relu(inplace: bool = True) -> nn.Module:
    return nn.ReLU(inplace)


def _leaky_relu(inplace: bool = True) -> nn.Module:
    return nn.LeakyReLU(0.2, inplace)


def _leaky_relu_of_miyato(inplace: bool = True) -> nn.Module:
    return nn.LeakyReLU(0.1, inplace)


def _selu(inplace: bool = True) -> nn.Module:
    return nn.SELU(inplace)


def _elu(inplace: bool = True) -> nn.Module:
    return nn.ELU(inplace=inplace)


def _gelu(inplace: bool = True) -> nn.Module:
    return nn.GELU()


_own: dict[str, Activation] = {
    "relu": Activation("Nair and Hinton 2010", None, _relu),
    "leaky_relu": Activation(
        "Maas et al. 2013; slope 0.2 as in Radford et al. 2016, arXiv:1511.06434", None, _leaky_relu
    ),
    "selu": Activation(
        "Klambauer et al. 2017, arXiv:1706.02515; keeps mean 0 and variance 1 with LeCun's initialisation",
        "lecun",
        _selu,
        normalises=True,
    ),
    "leaky_relu_0.1": Activation(
        "Maas et al. 2013; slope 0.1 as in Miyato et al. 2018, arXiv:1802.05957", None, _leaky_relu_of_miyato
    ),
    "elu": Activation("Clevert et al. 2016, arXiv:1511.07289; in BEGAN, Berthelot et al. 2017", None, _elu),
    "gelu": Activation(
        "Hendrycks and Gimpel 2016, arXiv:1606.08415; in TransGAN, Jiang et al. 2021, arXiv:2102.07074", None, _gelu
    ),
}
ACTIVATIONS: Registry[Activation] = Registry("activation", _own)
