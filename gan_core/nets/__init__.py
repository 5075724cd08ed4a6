"""Architectures by name, and what is in them by name."""

from collections.abc import Callable
from dataclasses import dataclass

from gan_core.nets import dcgan
from gan_core.nets.activations import ACTIVATIONS
from gan_core.nets.initialisations import INITIALISATIONS
from gan_core.nets.network import Network
from gan_core.nets.normalisations import NORMALISATIONS


@dataclass(frozen=True)
class Architecture:
    """A pair of networks. G: (config, channels); D: (config, channels, tails)."""

    paper: str
    check_size: Callable[[int], object]  # raises ValueError for an image size that it cannot draw
    generator: Callable[..., Network]
    discriminator: Callable[..., Network]


ARCHITECTURES: dict[str, Architecture] = {
    "dcgan": Architecture("Radford et al. 2016, arXiv:1511.06434", dcgan.levels, dcgan.Generator, dcgan.Discriminator),
}

__all__ = ["ACTIVATIONS", "ARCHITECTURES", "INITIALISATIONS", "NORMALISATIONS", "Architecture"]
