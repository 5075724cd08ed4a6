"""Tiny runs, on which records are tried: 16x16 images, networks of a few channels, a handful of steps."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.config import Config, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.training.build import State, build
from gan_core.training.step import Learn, learn, train_step

SETTINGS: Mapping[str, Any] = {"image_size": 16, "width": 4, "latent_dim": 8, "batch_size": 8, "budget_kimg": 1.0}
CPU = torch.device("cpu")
STEPS = 4  # of a run that is compared with another
CHECKPOINT = 2  # steps until the checkpoint


@cache
def blobs(channels: int = 1, height: int = 16, width: int = 16, count: int = 64) -> ImageArray:
    """Images of one smooth blob each, uint8 [count channels height width], always the same."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width]
    centres = random.uniform(0.2, 0.8, size=(count, 2)) * (height, width)
    distance = (y - centres[:, 0, None, None]) ** 2 + (x - centres[:, 1, None, None]) ** 2
    grey = (255 * np.exp(-distance / random.uniform(4, 20, size=(count, 1, 1)))).astype(np.uint8)
    images = np.repeat(grey[:, None], channels, axis=1)
    images.setflags(write=False)
    return images


def configured(settings: Mapping[str, Any]) -> Config:
    """The tiny run with these settings. Raises UserError where a rule refuses them."""
    return resolve({**SETTINGS, **settings}, named=())  # with networks of a fixed width ours has no effect


def begun(settings: Mapping[str, Any]) -> State:
    """A tiny run at step 0."""
    config = configured(settings)
    return build(config, blobs(1, *config.shape), CPU)


def weights(*nets: nn.Module) -> list[Tensor]:
    """All parameters and buffers, copied."""
    return [tensor.detach().clone() for net in nets for tensor in net.state_dict().values()]


def same(first: list[Tensor], second: list[Tensor]) -> bool:
    """Equal to the last bit."""
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def finite(tensors: list[Tensor]) -> bool:
    """Whether every number is."""
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)


@dataclass(frozen=True)
class Ran:
    """What a run did: the means that it noted at each step, and its weights at the end."""

    means: tuple[tuple[int, Mapping[str, float]], ...]  # (step, what was noted up to it)
    weights: list[Tensor]  # of G, D and what is shown
    shown: list[Tensor]  # the parameters of what is shown
    drawn: list[Tensor]  # the images and z that a next update would get

    def same(self, other: "Ran") -> bool:
        """Bit for bit: what was noted, and what was learnt."""
        notes = zip(self.means, other.means, strict=True)
        return all(equal(mine, theirs) for (_, mine), (_, theirs) in notes) and same(self.weights, other.weights)

    def since_checkpoint(self) -> "Ran":
        """Without what came before."""
        return replace(self, means=tuple(each for each in self.means if each[0] > CHECKPOINT))

    def difference(self, other: "Ran") -> str:
        """Where the two first part, in words: "the first step differs: D's loss 1.386 against 1.402"."""
        for (number, mine), (_, theirs) in zip(self.means, other.means, strict=True):
            for name in dict.fromkeys([*mine, *theirs]):
                if name.startswith("gradients/") or equal_number(mine.get(name), theirs.get(name)):
                    continue
                step = "the first step" if number == 1 else f"step {number}"
                return f"{step} differs: {_title(name)} {_number(mine.get(name))} against {_number(theirs.get(name))}"
        return "the weights differ at the end" if not same(self.weights, other.weights) else "nothing differs"


def stepped(
    state: State, until: int = STEPS, at_checkpoint: Callable[[], None] = lambda: None, learn: Learn = learn
) -> Ran:
    """On to that step. What was noted is taken after each but the one of the checkpoint, which is in the middle of a
    tick, so that the sums of a tick have to come through it.
    """
    means = []
    while state.clock.step < until:
        train_step(state, learn)
        if state.clock.step == CHECKPOINT:
            at_checkpoint()
        else:
            means.append((state.clock.step, state.meter.take()))
    shown = state.shown_g
    return Ran(
        tuple(means),
        weights(state.G, state.D, shown),
        [parameter.detach().clone() for parameter in shown.parameters()],
        [state.batches.next(4), state.latents(4)],
    )


class Baselines:
    """Runs without the record under test, each made once and remembered."""

    def __init__(self) -> None:
        self._runs: dict[str, Ran] = {}

    def of(self, settings: Mapping[str, Any]) -> Ran:
        """The tiny run with these settings, as it was the first time; which plug-ins it names makes no other run."""
        key = json.dumps({name: value for name, value in configured(settings).plain().items() if name != "use"})
        if key not in self._runs:
            self._runs[key] = stepped(begun(settings))
        return self._runs[key]


def equal(first: Mapping[str, float], second: Mapping[str, float]) -> bool:
    """The same names with the same numbers; NaN equals NaN."""
    return first.keys() == second.keys() and all(equal_number(first[name], second[name]) for name in first)


def equal_number(first: float | None, second: float | None) -> bool:
    """NaN equals NaN."""
    if first is None or second is None:
        return first is second
    return first == second or (math.isnan(first) and math.isnan(second))


def _title(name: str) -> str:
    return {"loss_d": "D's loss", "loss_g": "G's loss"}.get(name, name)


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.7g}"
