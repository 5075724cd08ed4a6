"""The executor with a given name."""

from typing import Literal

from ablations.executors.executor import Executor
from ablations.executors.inline import Inline
from ablations.executors.processes import Processes
from gan_core.machine.resources import Resources
from gan_core.workers.patience import Patience

ExecutorName = Literal["processes", "inline"]


def executor_of(name: ExecutorName, resources: Resources, system_metrics: bool, patience: Patience) -> Executor:
    """The executor of this name, with these resources. A new executor is a file in this folder and a line here.

    `patience`: how long a trial may be silent, where somebody else than the trial itself can notice it.
    """
    if name == "inline":
        return Inline(resources.devices[0], resources.threads, system_metrics)
    return Processes(resources.workers, resources.devices, resources.threads, system_metrics, patience)
