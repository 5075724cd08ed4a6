"""The executor with a given name."""

from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.executor import Executor
from ablations.executors.inline import Inline
from ablations.executors.names import ExecutorName
from ablations.executors.processes import Processes
from gan_core.machine.resources import Resources


def places_told(name: ExecutorName, elsewhere: Elsewhere) -> tuple[int | None, str]:
    """How many trials the machines of this executor take at the same time, and what that follows from, in words.

    None where they don't tell before trials wait for them. Raises UserError as `executor_of` does.
    """
    if name != "ray":
        return None, ""
    from ablations.executors.ray_cluster.connection import connect

    connect(elsewhere.ray_address)
    from ablations.executors.ray_cluster.capacity import Capacity

    return Capacity(elsewhere.needs).told()


def executor_of(name: ExecutorName, resources: Resources, elsewhere: Elsewhere) -> Executor:
    """The executor of this name. A new executor is a file in this folder, its name in `names.py` and a case here.

    `resources`: of this machine; `elsewhere`: what one that trains on other machines has to know, and how long a trial
    may be silent. Raises UserError where its library or its cluster is not there.
    """
    metrics = elsewhere.system_metrics
    match name:
        case "inline":
            return Inline(resources.devices[0], resources.threads, metrics)
        case "processes":
            return Processes(resources.workers, resources.devices, resources.threads, metrics, elsewhere.patience)
        case "slurm":
            from ablations.executors.slurm.cluster import slurm_of

            return slurm_of(elsewhere)
        case "ray":
            from ablations.executors.ray_cluster.connection import connect

            connect(elsewhere.ray_address)
            from ablations.executors.ray_cluster.ray_cluster import RayCluster

            return RayCluster(elsewhere)
