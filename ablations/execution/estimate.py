"""What a study will cost: each arm is measured for a moment, in as many processes as will train at the same time."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from ablations.executors.fork_server import fork_server
from ablations.study.arm import Arm
from ablations.workspace.trials import Trial
from gan_core.config import resolve
from gan_core.machine.resources import Resources
from gan_core.schema.configuration import Config
from gan_core.training.timetable import total_steps
from gan_core.workers.orphan import end_with_parent

SECONDS = 1.0  # of training steps, measured for each arm
ALL_SECONDS, FEWEST_SECONDS = 30.0, 0.1  # for all arms together, where they are many; for each even then


@dataclass(frozen=True)
class ArmCost:
    """The seconds that one trial of an arm takes. `recorded_runs`: whose mean this is; 0: measured for a moment."""

    arm: str
    steps: int
    training_s: float
    scoring_s: float
    recorded_runs: int = 0

    @property
    def total_s(self) -> float:
        return self.training_s + self.scoring_s


def arm_costs(arms: Sequence[Arm], resources: Resources, seconds: float = SECONDS) -> dict[str, ArmCost]:
    """The cost of one trial of each arm, measured now. Start-up (about a second a trial) is not in it.

    `seconds` are measured for each, fewer where the arms are so numerous that it would take more than ALL_SECONDS.
    """
    if not arms:
        return {}
    seconds = min(seconds, max(FEWEST_SECONDS, ALL_SECONDS * resources.workers / max(1, len(arms))))
    devices = [resources.devices[i % len(resources.devices)] for i in range(len(arms))]
    pool = ProcessPoolExecutor(resources.workers, mp_context=fork_server(), initializer=end_with_parent)
    try:
        futures = [
            pool.submit(_measured, arm.config.plain(), device, resources.threads, seconds)
            for arm, device in zip(arms, devices, strict=True)
        ]
        return {arm.name: _arm_cost(arm, *future.result()) for arm, future in zip(arms, futures, strict=True)}
    finally:
        pool.shutdown(cancel_futures=True)


def study_seconds(
    trials: Sequence[Trial], costs: dict[str, ArmCost], resources: Resources, to_come: Sequence[ArmCost] = ()
) -> float:
    """Wall seconds until all of these trials are done, each starting when a place becomes free.

    `to_come`: the costs of trials that are not known yet.
    """
    free = [0.0] * resources.workers
    for cost in (*(costs[trial.arm.name] for trial in trials), *to_come):
        free.sort()
        free[0] += cost.total_s
    return max(free)


def _measured(settings: dict[str, Any], device: str, threads: int, seconds: float) -> tuple[float, float, float, float]:
    import torch

    from gan_core.training.timing import measure

    torch.set_num_threads(threads)
    cost = measure(resolve(settings, named=()), device, seconds)
    return cost.per_step, cost.per_kfake, cost.per_progress_kfake, cost.per_showing


def _arm_cost(arm: Arm, per_step: float, per_kfake: float, per_progress_kfake: float, per_showing: float) -> ArmCost:
    config: Config = arm.config
    on_the_way = config.progress_evaluations * (config.progress_samples / 1000 * per_progress_kfake + per_showing)
    at_the_end = 2 * config.full_samples / 1000 * per_kfake
    steps = total_steps(config)
    return ArmCost(arm.name, steps, steps * per_step, on_the_way + at_the_end)
