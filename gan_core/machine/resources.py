"""How many trials run at the same time, on which devices, and with how many threads each."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gan_core.machine.cores import cores
from gan_core.machine.devices import available_devices, checked_device
from gan_core.machine.gpu_places import gpu_places
from gan_core.problems import Problem, UserError


@dataclass(frozen=True)
class Resources:
    """Places for trials, and the number of CPU threads for each.

    `threads` depends on the machine and the study's size alone, never on what is left to do or on where trials run: on
    a CPU another number of threads sums in another order and changes the last bits. `why`: what a number of workers on
    GPUs that nobody named follows from.
    """

    workers: int
    threads: int
    devices: tuple[str, ...]
    why: str = field(default="", compare=False)

    @property
    def in_words(self) -> str:
        """'8 at a time on cuda:0 (8 a GPU pay, free memory allows 40, 16 cores), 1 thread(s) each'."""
        why = f" ({self.why})" if self.why else ""
        return f"{self.workers} at a time on {', '.join(self.devices)}{why}, {self.threads} thread(s) each"


def share(
    trials: int,
    workers: int | None,
    threads: int | None,
    device: str | None,
    trial_bytes: Callable[[], int] | None = None,
) -> Resources:
    """Divide this machine among the trials of a study or of an export; what the user names is taken as it is.

    Without a GPU there is one worker a core; with GPUs as many as pay, fit and have a core each, one a GPU at least.
    `trial_bytes`: the memory that the largest trial takes on a GPU, asked only where it counts; None: it never does.
    Raises UserError for numbers below 1, and for a device that is not there.
    """
    given = (("--workers", workers), ("--threads", threads))
    wrong = [(flag, value) for flag, value in given if value is not None and value < 1]
    if wrong:
        raise UserError(*(Problem(f"{value} is out of range", (flag,), ">= 1") for flag, value in wrong))
    devices = available_devices() if device is None else (checked_device(device),)
    if devices != ("cpu",) and workers is None:
        return _shared_gpus(trials, threads, devices, trial_bytes)
    count = workers or max(1, min(cores(), trials))
    return Resources(count, threads or max(1, cores() // count), devices)


def _shared_gpus(
    trials: int, threads: int | None, devices: tuple[str, ...], trial_bytes: Callable[[], int] | None
) -> Resources:
    """The threads are those for as many trials as there may ever be: free memory and MPS come and go."""
    places = gpu_places(devices, trial_bytes() if trial_bytes else 0)

    def workers(each: int) -> int:
        return max(1, min(trials, max(len(devices), min(each * len(devices), cores()))))

    count = workers(places.now)
    why = f"{trials} in all" if count == trials else f"{places.why}, {cores()} cores"
    return Resources(count, threads or max(1, cores() // workers(places.at_most)), devices, why)
