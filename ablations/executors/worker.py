"""One trial, trained from its job; every event goes into the journal first, then to the parent.

Importing this module imports the whole trainer: the fork server does so once, and each trial starts from there.
"""

from collections.abc import Callable, Generator
from contextlib import closing

import torch
import torchmetrics.image  # noqa: F401  seconds to import, so once in the fork server

from ablations.executors.system_metrics import EVERY_S, GpuMemory, Sampler
from gan_core.events import AnyEvent, Finished
from gan_core.machine.versions import versions
from gan_core.workers.job import Job
from gan_core.workers.unattended import train_job

unsampled_events_of = train_job
versions()  # reading them takes each process 50 ms, unless the one that it is forked from has read them


def events_of(
    job: Job, device: str, threads: int, stop: Callable[[], bool] = lambda: False
) -> Generator[AnyEvent, None, None]:
    """Train a job from its checkpoint to its end, sampling what it takes of the machine on the way.

    Closing the generator, and `stop()` before a step, save a checkpoint first. Failures are events too.
    """
    sampler = Sampler(job.directory, _gpu_memory(device), EVERY_S)
    with sampler, closing(train_job(job, device, threads, stop)) as events:
        for event in events:
            if isinstance(event, Finished):
                sampler.stop()  # whoever hears of the end finds all there is
            yield event


def _gpu_memory(device: str) -> GpuMemory:
    """A function that returns the bytes that the run's tensors take on its GPU, without those of other programs."""
    if not device.startswith("cuda"):
        return lambda: None
    return lambda: float(torch.cuda.memory_allocated(device))
