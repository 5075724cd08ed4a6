"""How many trials run side by side, on which devices, with how many threads each."""

import os
from dataclasses import dataclass

from gan_core.devices import available_devices
from gan_core.problems import Problem, UserError


@dataclass(frozen=True)
class Resources:
    """Places for trials. `threads` hangs on the machine and the study's size alone, never on what is left to do or

    on where trials run: on a CPU another number of threads sums in another order and changes the last bits.
    """

    workers: int
    threads: int
    devices: tuple[str, ...]


def share(trials: int, workers: int | None, threads: int | None, device: str | None) -> Resources:
    """Divide this machine among the trials of a study; what the user names is taken as it is.

    Without a GPU: a worker a core. With GPUs: a worker a GPU. Raises UserError for numbers below 1.
    """
    for name, value in (("workers", workers), ("threads", threads)):
        if value is not None and value < 1:
            raise UserError(Problem(f"{value} is out of range", (f"--{name}",), ">= 1"))
    devices = (device,) if device else available_devices()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    places = cores if devices == ("cpu",) else len(devices)
    count = workers or max(1, min(places, trials))
    return Resources(count, threads or max(1, cores // count), devices)
