"""Tiny discriminators whose gradients are known in closed form."""

import torch
from torch import Tensor, nn

from gan_core.game.player import Clock
from gan_core.tricks.seats import Context, Pass


class LinearD(nn.Module):
    """D(x) = w . x: its gradient is w at every image."""

    def __init__(self, w: Tensor) -> None:
        super().__init__()
        self.w = nn.Parameter(w)

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.w


class QuadraticD(nn.Module):
    """D(x) = a |x|^2 / 2: its gradient is a x."""

    def __init__(self, a: float) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a))

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x.flatten(1).square().sum(dim=1) / 2


def context(config: object = None) -> Context:
    """A context outside a run."""
    return Context(config, Clock(), torch.Generator().manual_seed(0), torch.device("cpu"), (1, 4, 4))  # type: ignore[arg-type]


def a_pass(D: nn.Module, x_real: Tensor, x_fake: Tensor) -> Pass:
    """What a D phase on these images would tell its terms."""
    return Pass(D, x_real, x_fake, D(x_real), D(x_fake))


def uniform(*shape: int, seed: int = 0) -> Tensor:
    """Images in [-1, 1]."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
