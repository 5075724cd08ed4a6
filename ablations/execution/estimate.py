"""What a study will cost: each arm is measured for a moment, in as many processes as will train at the same time."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from statistics import fmean
from typing import Any, Literal

from ablations.executors.fork_server import fork_server
from ablations.study.arm import Arm
from ablations.workspace.trials import Trial
from gan_core.config import resolve
from gan_core.machine.resources import Resources
from gan_core.plugin_text import Source
from gan_core.plugins.blame import place_in
from gan_core.plugins.load import load_sources
from gan_core.plugins.loaded import sources_of
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training.timetable import total_steps
from gan_core.workers.deaths import leaving
from gan_core.workers.orphan import end_with_parent
from gan_core.workers.standard_output import leave_to_parent

SECONDS = 1.0  # of training steps, measured for each arm
ALL_SECONDS, FEWEST_SECONDS = 30.0, 0.1  # for all arms together, where they are many; for each even then
Seconds = tuple[float, float, float, float]  # of a step, of 1,000 scored images at the end and on the way, of a showing


@dataclass(frozen=True)
class ArmCost:
    """The seconds that one trial of an arm takes; NaN: not known, and it can't be measured here.

    `recorded_runs`: whose mean this is; 0: measured for a moment, or by other arms. `kinds`: of machines that these ran
    on, as far as that is known.
    """

    arm: str
    steps: int
    training_s: float
    scoring_s: float
    recorded_runs: int = 0
    kinds: tuple[str, ...] = ()
    by_others: bool = False  # taken to be what those of other arms took, a step

    @property
    def total_s(self) -> float:
        return self.training_s + self.scoring_s

    @property
    def source(self) -> Literal["recorded", "measured", "other arms", "unknown"]:
        """How the seconds are known."""
        if math.isnan(self.total_s):
            return "unknown"
        return "recorded" if self.recorded_runs else "other arms" if self.by_others else "measured"


def arm_costs(arms: Sequence[Arm], resources: Resources, seconds: float = SECONDS) -> dict[str, ArmCost]:
    """The cost of one trial of each arm, measured now. Start-up (about a second a trial) is not in it.

    `seconds` are measured for each, fewer where the arms are so numerous that it would take more than ALL_SECONDS.
    """
    if not arms:
        return {}
    seconds = min(seconds, max(FEWEST_SECONDS, ALL_SECONDS * resources.workers / max(1, len(arms))))
    measured = _measured_in_processes(arms, resources, seconds)
    return {arm.name: _arm_cost(arm, *measured[arm.name]) for arm in arms}


def cost_by_others(arm: Arm, known: Iterable[ArmCost]) -> ArmCost:
    """The cost of an arm that nothing is known of but its steps: a step takes what it takes in the `known` arms.

    NaN without any.
    """
    others, steps = list(known), total_steps(arm.config)
    if not others:
        return ArmCost(arm.name, steps, math.nan, math.nan)
    a_step = fmean(cost.training_s / cost.steps for cost in others)
    return ArmCost(arm.name, steps, steps * a_step, fmean(cost.scoring_s for cost in others), by_others=True)


def study_seconds(
    trials: Sequence[Trial], costs: dict[str, ArmCost], resources: Resources, to_come: Sequence[ArmCost] = ()
) -> float:
    """Wall seconds until all of these trials are done, each starting when a place becomes free; NaN: not known.

    `to_come`: the costs of trials that are not known yet.
    """
    free = [0.0] * resources.workers
    all_of_them = [*(costs[trial.arm.name] for trial in trials), *to_come]
    if any(math.isnan(cost.total_s) for cost in all_of_them):
        return math.nan
    for cost in all_of_them:
        free.sort()
        free[0] += cost.total_s
    return max(free)


def _measured_in_processes(arms: Sequence[Arm], resources: Resources, seconds: float) -> dict[str, Seconds]:
    """Each arm in a process of its own, as many at once as there are workers; whatever ends this ends them."""
    context, to_do = fork_server(), list(enumerate(arms))[::-1]
    running: dict[Connection, tuple[Arm, BaseProcess]] = {}
    measured: dict[str, Seconds] = {}
    try:
        while to_do or running:
            while to_do and len(running) < resources.workers:
                number, arm = to_do.pop()
                device = resources.devices[number % len(resources.devices)]
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(
                    target=_child,
                    args=(
                        *(arm.config.plain(), sources_of(arm.config.use), device),
                        *(resources.threads, seconds, theirs),
                    ),
                )
                running[ours] = (arm, process)
                process.start()
                theirs.close()
            for pipe in wait(list(running)):
                assert isinstance(pipe, Connection)
                done, its_process = running.pop(pipe)
                measured[done.name] = _received(pipe, done, its_process)
        return measured
    finally:
        for _, left in running.values():
            if left.pid is not None:
                left.kill()


def _received(pipe: Connection, arm: Arm, process: BaseProcess) -> Seconds:
    with pipe:
        try:
            answer: Seconds | Exception = pipe.recv()
        except EOFError:
            process.join()
            message = f"arm {arm.name!r} can't be measured: {leaving(process.exitcode)}"
            raise UserError(Problem(message, allowed="an arm that fits into this machine's memory")) from None
    process.join()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _child(
    settings: dict[str, Any],
    plugins: tuple[Source, ...],
    device: str,
    threads: int,
    seconds: float,
    pipe: Connection,
) -> None:
    end_with_parent()
    leave_to_parent()
    with pipe:
        try:
            load_sources(plugins)
            pipe.send(_measured(settings, device, threads, seconds))
        except Exception as error:
            pipe.send(_of_own_code(error))


def _of_own_code(error: Exception) -> Exception:
    """What the user's own code raised, as a message with its place; anything else as it is."""
    if isinstance(error, UserError) or not (place := place_in(error)):
        return error
    return UserError(Problem(f"{type(error).__name__}: {error}", source=place))


def _measured(settings: dict[str, Any], device: str, threads: int, seconds: float) -> Seconds:
    from gan_core.machine.readiness import ready_to_train
    from gan_core.training.timing import measure

    ready_to_train(threads)
    cost = measure(resolve(settings, named=()), device, seconds)
    return cost.per_step, cost.per_kfake, cost.per_progress_kfake, cost.per_showing


def _arm_cost(arm: Arm, per_step: float, per_kfake: float, per_progress_kfake: float, per_showing: float) -> ArmCost:
    config: Config = arm.config
    on_the_way = config.progress_evaluations * (config.progress_samples / 1000 * per_progress_kfake + per_showing)
    at_the_end = 2 * config.full_samples / 1000 * per_kfake
    steps = total_steps(config)
    return ArmCost(arm.name, steps, steps * per_step, on_the_way + at_the_end)
