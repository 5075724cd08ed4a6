"""How the runs of `verdict_rates.py` are built: to fail in each way, and to be healthy.

Each way has several configurations, from the certain (a G that cannot see z) to what a person might really do (five
updates of G for each of D). Whether a run did fail as it was built to is not decided here: see `verdict_truth.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from gan_core.config import Config, resolve
from gan_core.game.losses import LOSSES
from gan_core.nets.dcgan import Generator

Seeds = Literal["tuning", "fresh"]
FIRST_SEED: dict[Seeds, int] = {"tuning": 1000, "fresh": 2000}
HARD, EASY = ("mode collapse", "oscillating"), ("vanishing gradients", "D overpowered", "diverged", "can't tell")
COUNTS: dict[Seeds, dict[str, int]] = {  # runs of each configuration
    "tuning": {"healthy": 3, **dict.fromkeys(HARD, 2), **dict.fromkeys(EASY, 2)},
    "fresh": {"healthy": 4, **dict.fromkeys(HARD, 3), **dict.fromkeys(EASY, 2)},
}
BLIND = "G is blind to z"

COMMON: dict[str, Any] = {
    "data": "fashion-mnist",
    "image_size": 32,
    "width": 8,
    "batch_size": 32,
    "budget_kimg": 12.0,  # 375 steps
    "norm_d": "none",
    "lr_g": 2e-3,
    "lr_d": 2e-3,
    "progress_samples": 500,
    "full_samples": 10,  # no verdict reads them
}

WAYS: dict[str, dict[str, dict[str, Any]]] = {
    "healthy": {
        "BatchNorm in D": {"norm_d": "batch"},
        "spectral norm": {"spectral_norm": True},
        "spectral norm, hinge": {"spectral_norm": True, "loss": "hinge"},
        "R1": {"r1": True, "lr_g": 1e-3, "lr_d": 1e-3},
        "relativistic": {"loss": "relativistic", "norm_d": "batch"},
        "least squares": {"loss": "least_squares", "norm_d": "batch"},
    },
    "mode collapse": {
        BLIND: {},
        "fast G, slow D": {"lr_g": 1e-2, "lr_d": 5e-4},
        "5 updates of G": {"g_steps": 5, "lr_d": 5e-4, "budget_kimg": 8.0},
        "no BatchNorm, fast G": {"norm_g": "none", "lr_g": 1e-2, "lr_d": 1e-3},
        "no BatchNorm, momentum 0.9": {"norm_g": "none", "lr_g": 5e-3, "lr_d": 5e-3, "beta1": 0.9},
        "z of one dimension": {"latent_dim": 1, "lr_g": 5e-3},
    },
    "oscillating": {
        "rates 1e-2, momentum 0.9": {"lr_g": 1e-2, "lr_d": 1e-2, "beta1": 0.9},
        "rates 3e-3, momentum 0.95": {"lr_g": 3e-3, "lr_d": 3e-3, "beta1": 0.95},
        "rates 2e-2": {"lr_g": 2e-2, "lr_d": 2e-2},
        "BatchNorm in D, momentum 0.9": {"norm_d": "batch", "lr_g": 1e-2, "lr_d": 1e-2, "beta1": 0.9},
        "fast D, 2 updates of G": {"g_steps": 2, "lr_g": 5e-3, "lr_d": 1e-2, "beta1": 0.9},
        "least squares, momentum 0.9": {"loss": "least_squares", "lr_g": 5e-3, "lr_d": 5e-3, "beta1": 0.9},
    },
    "vanishing gradients": {
        "G stands still": {"lr_g": 1e-12},
        "G 5000 times slower": {"lr_g": 1e-6, "lr_d": 5e-3},
        "minimax, 3 updates of D": {"loss": "minimax", "lr_g": 2e-5, "lr_d": 5e-3, "d_steps": 3, "budget_kimg": 24.0},
    },
    "D overpowered": {
        "D stands still": {"lr_d": 1e-12},
        "D 5000 times slower": {"lr_d": 1e-6, "lr_g": 5e-3},
        "D 1000 times slower": {"lr_d": 1e-5, "lr_g": 1e-2},
    },
    "diverged": {
        "rates 1e30": {"lr_g": 1e30, "lr_d": 1e30},
        "Wasserstein, unbounded D": {"loss": "wasserstein", "lr_g": 5e-2, "lr_d": 5e-2},
        "plain SGD, rates 1000": {"optimizer_g": "sgd", "optimizer_d": "sgd", "lr_g": 1e3, "lr_d": 1e3},
    },
}

_WGAN_GP: dict[str, Any] = {
    "loss": "wasserstein",
    "gradient_penalty": True,
    "lr_g": 1e-3,
    "lr_d": 1e-3,
    "d_steps": 2,
    "budget_kimg": 24.0,
}
_R3GAN: dict[str, Any] = {"loss": "relativistic", "r1": 1.0, "r2": 1.0, "lr_g": 1e-3, "lr_d": 1e-3}

CRITICS: dict[str, dict[str, dict[str, Any]]] = {  # with seeds after those of the others
    "healthy": {"WGAN-GP": _WGAN_GP, "relativistic, R1 and R2": _R3GAN},
    "mode collapse": {f"{BLIND}, WGAN-GP": _WGAN_GP, f"{BLIND}, relativistic": _R3GAN},
    "D overpowered": {
        "critic stands still": {**_WGAN_GP, "lr_d": 1e-12},
        "relativistic, D 5000 times slower": {"loss": "relativistic", "lr_d": 1e-6, "lr_g": 5e-3},
    },
    "can't tell": {  # D ranks all pairs rightly, and G has a gradient all the way, but does not move
        "WGAN-GP, G 1000 times slower": {**_WGAN_GP, "lr_g": 1e-6},
        "relativistic, G stands still": {**_R3GAN, "lr_g": 1e-12},
    },
}


@dataclass(frozen=True)
class Built:
    """One run: what it was built to be, by which configuration, and its settings."""

    way: str
    how: str
    config: Config

    @property
    def name(self) -> str:
        """The name of its folder."""
        return "-".join(f"{self.way} {self.how} {self.config.seed}".replace(",", "").split())


def configurations() -> list[tuple[str, str, dict[str, Any]]]:
    """What a run is built to be, by which configuration, and its settings; those with critics last."""
    return [(way, how, settings) for ways in (WAYS, CRITICS) for way in ways for how, settings in ways[way].items()]


def runs(seeds: Seeds, repetitions: int | None = None, only_critics: bool = False) -> list[Built]:
    """The runs of a set of seeds, the first of each configuration first; no seed is used twice.

    `repetitions`: at most so many of each configuration. `only_critics`: those whose D has no boundary.
    """
    seed, found = FIRST_SEED[seeds], []
    for way, how, settings in configurations():
        for repetition in range(COUNTS[seeds][way]):
            found.append((repetition, Built(way, how, resolve({**COMMON, **settings, "seed": seed}))))
            seed += 1
    wanted = [one for one in found if repetitions is None or one[0] < repetitions]
    if only_critics:
        wanted = [one for one in wanted if not LOSSES[one[1].config.loss].has_boundary]
    return [built for _, built in sorted(wanted, key=lambda one: one[0])]


@contextmanager
def handicap(built: Built) -> Iterator[None]:
    """What no setting can say: a generator that sees a constant in place of z."""
    seeing = Generator.forward

    def blind(self: Generator, z: Tensor) -> Tensor:
        return seeing(self, torch.zeros_like(z))

    try:
        if built.how.startswith(BLIND):
            Generator.forward = blind  # type: ignore[method-assign]
        yield
    finally:
        Generator.forward = seeing  # type: ignore[method-assign]
