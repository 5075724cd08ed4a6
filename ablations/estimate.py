"""What a study will cost: each arm measured for a moment in as many processes as will train side by side."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ablations.executors.processes import TRAINER
from ablations.resources import Resources
from ablations.trials import Arm, Trial
from gan_core.config import Config, resolve
from gan_core.plan import total_steps

SECONDS = 1.0  # of training steps measured an arm


@dataclass(frozen=True)
class ArmCost:
    """One arm's trial, seconds."""

    arm: str
    steps: int
    training_s: float
    scoring_s: float

    @property
    def total_s(self) -> float:
        return self.training_s + self.scoring_s


def arm_costs(arms: Sequence[Arm], resources: Resources) -> dict[str, ArmCost]:
    """The cost of one trial of each arm. Start-up (about a second a trial) is not in it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([TRAINER])
    devices = [resources.devices[i % len(resources.devices)] for i in range(len(arms))]
    jobs = [(a.config.plain(), d, resources.threads) for a, d in zip(arms, devices, strict=True)]
    with context.Pool(resources.workers) as pool:
        costs = pool.starmap(_measured, jobs, chunksize=1)
    return {arm.name: _arm_cost(arm, *cost) for arm, cost in zip(arms, costs, strict=True)}


def study_seconds(trials: Sequence[Trial], costs: dict[str, ArmCost], resources: Resources) -> float:
    """Wall seconds until all of these are done, each going to the place that gets free first."""
    free = [0.0] * resources.workers
    for trial in trials:
        free.sort()
        free[0] += costs[trial.arm.name].total_s
    return max(free)


def _measured(settings: dict[str, Any], device: str, threads: int) -> tuple[float, float]:
    import torch

    from gan_core.timing import measure

    torch.set_num_threads(threads)
    cost = measure(resolve(settings), device, SECONDS)
    return cost.per_step, cost.per_kfake


def _arm_cost(arm: Arm, per_step: float, per_kfake: float) -> ArmCost:
    config: Config = arm.config
    fakes = config.progress_evaluations * config.progress_samples + 2 * config.full_samples
    steps = total_steps(config)
    return ArmCost(arm.name, steps, steps * per_step, fakes / 1000 * per_kfake)
