"""Tiny runs for tests: states, steps, and comparing them bit for bit."""

from typing import Any

import numpy as np
import torch
from torch import nn

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.datasets.labels import Classes, Labelling
from gan_core.training.build import State, build
from gan_core.training.step import train_step

TINY = {"image_size": 16, "width": 4, "latent_dim": 8, "batch_size": 8, "budget_kimg": 1.0}


def tiny_state(images: ImageArray, **settings: Any) -> State:
    """A run at step 0 on 16x16 images; a conditional one is told that they are of three classes by turns."""
    config = resolve({**TINY, **settings})
    return build(config, images, torch.device("cpu"), three_classes(len(images)) if config.conditional else None)


def three_classes(count: int) -> Labelling:
    """Labels 0, 1, 2, 0, ..."""
    labels = np.arange(count) % 3
    return Labelling(labels, Classes(("a", "b", "c"), tuple(map(int, np.bincount(labels, minlength=3)))))


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
