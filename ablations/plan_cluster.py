"""What a study will take of a cluster: node hours, jobs at once, and whether a trial fits into a job's time limit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ablations.execution.estimate import ArmCost
from ablations.study.arm import Arm
from ablations.study.cluster import ClusterNeeds
from gan_core.config.compatibility import extractors_of
from gan_core.evaluation.extractors.supply import lacking
from gan_core.machine.cores import cores
from gan_core.machine.devices import available_devices
from gan_core.machine.resources import Resources


@dataclass(frozen=True)
class ClusterPlan:
    """What is left to do, on a cluster; `executor`: slurm or ray.

    A node is what one SLURM job takes, or with Ray as much: as much of a machine as `side_by_side` trials need.
    `nodes`: SLURM jobs at a time, or Ray's trials. Hours are NaN where it is not known what a trial takes; `unknown`
    says why. `longest_s`: seconds of the longest trial; `jobs_a_trial`: how many SLURM jobs it goes on in because of
    their time limit; None without one, and where it is not known.
    """

    executor: str
    needs: ClusterNeeds
    side_by_side: int
    nodes: int
    node_hours: float
    gpu_hours: float
    cpu_hours: float
    longest_s: float
    jobs_a_trial: int | None
    unknown: str

    @property
    def at_once(self) -> int:
        return self.nodes * self.side_by_side if self.executor == "slurm" else self.nodes


def cluster_plan(
    executor: str, needs: ClusterNeeds, left: Sequence[ArmCost], places: Resources, unknown: str
) -> ClusterPlan:
    """What these trials take. `left`: the cost of each that is left to do; `unknown`: why nothing is known, else ''."""
    hours = math.fsum(cost.total_s for cost in left) / 3600
    longest = max((cost.total_s for cost in left), default=0.0) if math.isfinite(hours) else math.nan
    has_limit = executor == "slurm" and needs.time is not None and math.isfinite(longest)
    side_by_side = needs.trials_a_gpu
    return ClusterPlan(
        executor=executor,
        needs=needs,
        side_by_side=side_by_side,
        nodes=math.ceil(places.workers / side_by_side) if executor == "slurm" else places.workers,
        node_hours=hours / side_by_side,
        gpu_hours=hours * needs.gpus,
        cpu_hours=hours * needs.cpus,
        longest_s=longest,
        jobs_a_trial=max(1, math.ceil(longest / needs.time)) if has_limit and needs.time is not None else None,
        unknown=unknown,
    )


def measuring_places(needs: ClusterNeeds) -> Resources:
    """The places on this machine for measuring what trials will take on the cluster: as many as would share a GPU."""
    if needs.gpus:
        return Resources(needs.trials_a_gpu, needs.cpus, available_devices()[:1])
    return Resources(max(1, cores() // needs.cpus), needs.cpus, ("cpu",))


def why_not_measured(needs: ClusterNeeds, arms: Sequence[Arm], home: Path) -> str:
    """Why this machine can't measure what trials of these arms take on the cluster; '' where it can.

    It needs a device of that kind, and the weights of the extractors; images are made up.
    """
    if needs.gpus and available_devices() == ("cpu",):
        return "this machine has no GPU"
    names = dict.fromkeys(name for arm in arms for name in extractors_of(arm.config))
    missing = lacking(names, home)
    return f"the weights of {', '.join(missing)} are not on this machine" if missing else ""
