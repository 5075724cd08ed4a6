"""When what happens in a run: a pure function of the configuration, so a resumed run numbers its events as before."""

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from gan_core.game.updates import images_per_step
from gan_core.schema.configuration import Config

MIN_TICKS = 50
MAX_TICK_KIMG = 2.0


class Kind(StrEnum):
    """What is due at a moment."""

    START = "start"
    TICK = "tick"
    EVALUATE = "evaluate"
    SAMPLE = "sample"
    SAVE = "save"
    EVALUATE_LAST = "evaluate_last"
    EVALUATE_BEST = "evaluate_best"
    FINISH = "finish"


@dataclass(frozen=True)
class Moment:
    """Something that is due once `step` steps are done."""

    step: int
    kind: Kind


def total_steps(config: Config) -> int:
    """Steps within the budget, at least one. The last step may exceed the budget by less than its images."""
    return max(1, math.ceil(Decimal(str(config.budget_kimg)) * 1000 / images_per_step(config)))


def moments(config: Config) -> tuple[Moment, ...]:
    """Every moment of a run, in order. Ticks at least 50 a run and every 2 kimg; scores at each tenth of the budget."""
    total = total_steps(config)
    ticks = max(MIN_TICKS, math.ceil(config.budget_kimg / MAX_TICK_KIMG))
    due = {Kind.TICK: _spread(total, ticks)}
    due |= dict.fromkeys((Kind.EVALUATE, Kind.SAMPLE, Kind.SAVE), _spread(total, config.progress_evaluations))
    order = list(due)
    on_the_way = sorted((step, order.index(kind)) for kind, steps in due.items() for step in steps)
    return (
        Moment(0, Kind.START),
        Moment(0, Kind.SAMPLE),
        *(Moment(step, order[i]) for step, i in on_the_way),
        Moment(total, Kind.EVALUATE_LAST),
        Moment(total, Kind.EVALUATE_BEST),
        Moment(total, Kind.FINISH),
    )


def _spread(total: int, count: int) -> list[int]:
    """`count` steps, evenly spaced up to and including `total`; fewer where there are fewer steps."""
    return sorted({max(1, round(total * i / count)) for i in range(1, count + 1)})
