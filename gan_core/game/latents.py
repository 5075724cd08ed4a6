"""Distributions of z by name. Latents are drawn here and nowhere else, for training, grids and scores alike."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_core.registry import Registry
from gan_core.schema.configuration import Config


def _uniform(count: int, dimensions: int, generator: torch.Generator) -> Tensor:
    return torch.rand(count, dimensions, generator=generator).mul_(2).sub_(1)


_own: dict[str, Callable[[int, int, torch.Generator], Tensor]] = {
    # N(0, 1): on a thin shell of radius sqrt(dimensions)
    "normal": lambda count, dimensions, generator: torch.randn(count, dimensions, generator=generator),
    # U(-1, 1): Radford et al. 2016, arXiv:1511.06434, section 4
    "uniform": _uniform,
}
LATENTS: Registry[Callable[[int, int, torch.Generator], Tensor]] = Registry("distribution of z", _own)


def draw(config: Config, count: int, generator: torch.Generator) -> Tensor:
    """The next z [count latent_dim] from the stream of the generator, on its device."""
    return LATENTS[config.latent](count, config.latent_dim, generator)
