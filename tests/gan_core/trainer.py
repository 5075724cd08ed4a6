"""Tiny runs for tests: states, steps, and comparing them bit for bit."""

from typing import Any

import torch
from torch import nn

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.training.build import State, build
from gan_core.training.step import train_step

TINY = {"image_size": 16, "width": 4, "latent_dim": 8, "batch_size": 8, "budget_kimg": 1.0}


def tiny_state(images: ImageArray, **settings: Any) -> State:
    """A run at step 0 on 16x16 images."""
    return build(resolve({**TINY, **settings}), images, torch.device("cpu"))


def steps(state: State, count: int) -> State:
    """The same state, some steps on."""
    for _ in range(count):
        train_step(state)
    return state


def weights(*nets: nn.Module) -> list[torch.Tensor]:
    """All parameters and buffers."""
    return [tensor.detach().clone() for net in nets for tensor in net.state_dict().values()]


def same(first: list[torch.Tensor], second: list[torch.Tensor]) -> bool:
    """Equal to the last bit."""
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
