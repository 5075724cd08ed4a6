"""How much memory a run needs at least: known before anything large is allocated."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from torch import nn

from gan_core.datasets import DATASETS
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.nets import ACTIVATIONS, ARCHITECTURES
from gan_core.nets.network import Network
from gan_core.problems import Problem
from gan_core.schema.configuration import Config

FLOAT = 4  # bytes
GB = 1e9
# Weights times pixels, of networks that are run rather than reckoned with. They take two images in milliseconds, while
# PyTorch's rules of shapes, which need no memory, load a symbolic algebra and a compiler for most of a second.
QUICK = 10**9
TRIED = 2  # images


def least_memory(config: Config) -> int:
    """Bytes that a run surely needs in an update of G: weights, gradients, the optimizers' moments, and what the
    hidden blocks of both networks, and the activations within residual ones, put out for one batch. Tricks and the
    scores come on top of it.
    """
    return _least_memory(_Sizes(config))


def memory_problem(config: Config, memory: int) -> Problem | None:
    """The problem of a run that can't fit into so many bytes; None where it may."""
    needed = least_memory(config)
    if needed <= memory:
        return None
    message = f"these networks need at least {needed / GB:.3g} GB of memory for a batch of {config.batch_size}"
    return Problem(message, ("width",), f"{memory / GB:.3g} GB here; smaller width, latent_dim or batch_size")


class _Sizes:
    """A configuration that equals others whose networks, batch and optimizers are as large."""

    NAMES = (
        *("data", "image_size", "architecture", "width", "max_width", "bias", "latent_dim", "batch_size"),
        *("activation_g", "activation_d", "norm_g", "norm_d", "last_activation_d", "optimizer_g", "optimizer_d", "use"),
    )

    def __init__(self, config: Config) -> None:
        self.config = config
        self.values = tuple(getattr(config, name) for name in self.NAMES)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sizes) and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.values)


@lru_cache(maxsize=4096)
def _least_memory(sizes: _Sizes) -> int:
    config = sizes.config
    plain = not ARCHITECTURES[config.architecture].has_blocks  # a stranger's code, which may want real numbers
    with _networks(config, "cpu" if plain else "meta") as (G, D):
        held = _copies(config.optimizer_g) * _weights(G) + _copies(config.optimizer_d) * _weights(D)
        quick = (_weights(G) + _weights(D)) * math.prod(config.shape) <= QUICK
    with _networks(config, "cpu" if quick or plain else "meta") as (G, D), _one_thread():
        kept = _put_out(G, D, torch.zeros(TRIED, config.latent_dim))
    return FLOAT * (held + kept * config.batch_size // TRIED)


@contextmanager
def _networks(config: Config, device: str) -> Iterator[tuple[Network, Network]]:
    """G and D, and the device for what is made within. None of it draws from the random numbers of others."""
    architecture = ARCHITECTURES[config.architecture]
    channels = architecture.channels or DATASETS[config.data].channels or 1
    with torch.random.fork_rng(devices=[]), torch.device(device), torch.no_grad():
        yield architecture.generator(config, channels), architecture.discriminator(config, channels)


@contextmanager
def _one_thread() -> Iterator[None]:
    """So little work takes longer with several: they wait for each other, where others want the cores too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _put_out(G: Network, D: Network, z: torch.Tensor) -> int:
    """How many numbers the hidden blocks of both put out for these latents, with what their residuals keep inside."""
    kept: list[int] = []
    activations = tuple({type(activation.build()) for activation in ACTIVATIONS.values()})
    for part in (*G.parts(), *D.parts()):
        inner = [module for child in part.children() for module in child.modules() if module is not child]
        for module in (part, *(module for module in inner if isinstance(module, activations))):
            module.register_forward_hook(lambda _module, _inputs, output: kept.append(_count(output)))
    D(G(z))
    return sum(kept)


def _count(output: object) -> int:
    """How many numbers a part has put out; a plain module may give anything."""
    return output.numel() if isinstance(output, torch.Tensor) else 0


def _weights(net: nn.Module) -> int:
    return sum(weight.numel() for weight in net.parameters())


def _copies(optimizer: str) -> int:
    """The weights and their gradients, and the two moments of an optimizer that has them."""
    return 4 if "beta2" in OPTIMIZERS[optimizer].uses else 2
