"""How many trials run at the same time, on which devices, and with how many threads each."""

from dataclasses import dataclass

from gan_core.machine.cores import cores
from gan_core.machine.devices import available_devices, checked_device
from gan_core.problems import Problem, UserError


@dataclass(frozen=True)
class Resources:
    """Places for trials, and the number of CPU threads for each.

    `threads` depends on the machine and the study's size alone, never on what is left to do or on where trials run: on
    a CPU another number of threads sums in another order and changes the last bits.
    """

    workers: int
    threads: int
    devices: tuple[str, ...]


def share(trials: int, workers: int | None, threads: int | None, device: str | None) -> Resources:
    """Divide this machine among the trials of a study or of an export; what the user names is taken as it is.

    Without a GPU there is one worker a core, with GPUs one worker a GPU. Raises UserError for numbers below 1, and for
    a device that is not there.
    """
    given = (("--workers", workers), ("--threads", threads))
    wrong = [(flag, value) for flag, value in given if value is not None and value < 1]
    if wrong:
        raise UserError(*(Problem(f"{value} is out of range", (flag,), ">= 1") for flag, value in wrong))
    devices = available_devices() if device is None else (checked_device(device),)
    places = cores() if devices == ("cpu",) else len(devices)
    count = workers or max(1, min(places, trials))
    return Resources(count, threads or max(1, cores() // count), devices)
