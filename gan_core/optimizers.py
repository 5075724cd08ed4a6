"""Optimizers by name: (parameters, lr, betas) -> torch optimizer."""

from collections.abc import Callable, Iterable

import torch
from torch import nn

OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter], float, tuple[float, float]], torch.optim.Optimizer]] = {
    # Kingma and Ba 2015, arXiv:1412.6980; beta1 = 0.5 for GANs: Radford et al. 2016, section 4
    "adam": lambda parameters, lr, betas: torch.optim.Adam(parameters, lr=lr, betas=betas),
}
