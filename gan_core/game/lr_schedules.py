"""Learning-rate schedules by name: the factor of the rates as a function of progress alone.

Progress is the share of the run's steps that are done, so a schedule keeps no state and resumes exactly. A rate of its
own course is a ramp in the place of its number (`gan_core.schema.ramp`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

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


REACH = Reach(
    "lr_decay",
    from_kimg=lambda c: kimg_of(c, SCHEDULES[c.lr_decay].fewest_steps),
    shorter="the rates stay as they are",
    instead=lambda c: "set lr_decay: constant",
)
