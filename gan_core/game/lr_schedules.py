"""Learning-rate schedules by name: the factor of the rates as a function of progress alone.

Progress is the share of the run's steps that are done, so a schedule keeps no state and resumes exactly.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gan_core.game.player import Clock
from gan_core.game.updates import kimg_of
from gan_core.registry import Registry
from gan_core.schema.rules import Reach

EXPONENTIAL_END = 0.01
MOST_STEPS = 100  # that a schedule may take to begin


@dataclass(frozen=True)
class Schedule:
    """Progress in [0, 1) -> the factor of both learning rates, in (0, 1]."""

    summary: str
    paper: str
    factor: Callable[[float], float]

    @cached_property
    def fewest_steps(self) -> int:
        """The steps of the shortest run in which it moves a rate; 0 of one that never does."""
        return next((n for n in range(1, MOST_STEPS) if any(self.factor(i / n) != 1 for i in range(n))), 0)

    @property
    def moves(self) -> bool:
        """Whether it ever changes a rate."""
        return self.fewest_steps > 0


_own: dict[str, Schedule] = {
    "constant": Schedule(
        summary="the rates as they are",
        paper="Radford et al. 2016, arXiv:1511.06434",
        factor=lambda progress: 1.0,
    ),
    "linear": Schedule(
        summary="to 0, linearly over the whole budget",
        paper="Gulrajani et al. 2017, arXiv:1704.00028 (its CIFAR-10 ResNet)",
        factor=lambda progress: 1 - progress,
    ),
    "late_linear": Schedule(
        summary="constant over the first half of the budget, then linearly to 0",
        paper="Zhu et al. 2017, arXiv:1703.10593, section 4",
        factor=lambda progress: min(1.0, 2 * (1 - progress)),
    ),
    "cosine": Schedule(
        summary="to 0 along half a cosine, one period over the whole budget",
        paper="Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5; in GANs: Huang et al. 2024, arXiv:2501.05441",
        factor=lambda progress: (1 + math.cos(math.pi * progress)) / 2,
    ),
    "exponential": Schedule(
        summary="by the same factor at each step, down to a hundredth at the end",
        paper="Denton et al. 2015, arXiv:1506.05751 (a factor an epoch)",
        factor=lambda progress: EXPONENTIAL_END**progress,
    ),
}
SCHEDULES: Registry[Schedule] = Registry("learning-rate schedule", _own)


class LearningRates:
    """Sets the learning rates of the optimizers, by name, before each step. After the last step the last rate stays."""

    def __init__(
        self,
        schedule: Schedule,
        initial: Mapping[str, float],
        optimizers: Mapping[str, torch.optim.Optimizer],
        clock: Clock,
        total_steps: int,
    ) -> None:
        self._schedule, self._initial, self._optimizers = schedule, initial, optimizers
        self._clock, self._total_steps = clock, total_steps

    def set(self) -> None:
        """Set the rates of the next step."""
        step = min(self._clock.step, self._total_steps - 1)
        factor = self._schedule.factor(step / self._total_steps)
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                rate = self._initial[name] * factor
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(rate)
                else:
                    group["lr"] = rate

    def keep_in_tensors(self) -> None:
        """From now on set rates that move in place, on the device, where a recorded update reads them.

        A GPU's fused optimizers read them as float32, so that there the last bits are others than with a number.
        """
        if not self._schedule.moves:
            return
        for optimizer in self._optimizers.values():
            for group in optimizer.param_groups:
                device = group["params"][0].device
                format = torch.float64 if device.type == "cpu" else torch.float32
                group["lr"] = torch.tensor(group["lr"], dtype=format, device=device)

    def now(self) -> dict[str, float]:
        """The rates of the last step."""
        return {name: float(optimizer.param_groups[0]["lr"]) for name, optimizer in self._optimizers.items()}


REACH = Reach(
    "lr_decay",
    from_kimg=lambda c: kimg_of(c, SCHEDULES[c.lr_decay].fewest_steps),
    shorter="the rates stay as they are",
    instead=lambda c: "set lr_decay: constant",
)
