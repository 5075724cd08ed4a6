"""Trainers that only pretend, for nodes of a test's cluster."""

import os
import time
from collections.abc import Callable, Generator
from pathlib import Path

from ablations.executors.elsewhere.node import trained_here
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core import journal
from gan_core.events import AnyEvent, End
from gan_core.workers.ending import ending
from gan_core.workers.job import Job

HOLD_S = 4.0
Stop = Callable[[], bool]


def place_of(job: ShippedJob, device: str, threads: int, stop: Stop = lambda: False) -> Generator[AnyEvent, None, None]:
    """End after a while, and tell from when to when this was, and on which GPUs."""
    yield from trained_here(_tell_place, job, device, threads, stop)


def tried_twice(
    job: ShippedJob, device: str, threads: int, stop: Stop = lambda: False
) -> Generator[AnyEvent, None, None]:
    """Run out of a GPU's memory the first time, and end well the second time."""
    yield from trained_here(_run_out_once, job, device, threads, stop)


def at_once(job: ShippedJob, device: str, threads: int, stop: Stop = lambda: False) -> Generator[AnyEvent, None, None]:
    """End at once."""
    yield from trained_here(_end, job, device, threads, stop)


def _tell_place(job: Job, device: str, threads: int, stop: Stop) -> Generator[AnyEvent, None, None]:
    begun = time.time()
    time.sleep(HOLD_S)
    yield _ended(job, "finished", f"{begun} {time.time()} {os.environ['CUDA_VISIBLE_DEVICES']} {device}")


def _run_out_once(job: Job, device: str, threads: int, stop: Stop) -> Generator[AnyEvent, None, None]:
    tried = Path(job.settings["tried"])
    if tried.exists():
        yield _ended(job, "finished", "")
    else:
        tried.touch()
        yield _ended(job, "failed", "OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB")


def _end(job: Job, device: str, threads: int, stop: Stop) -> Generator[AnyEvent, None, None]:
    yield _ended(job, "finished", "")


def _ended(job: Job, status: End, reason: str) -> AnyEvent:
    end = ending(job.directory, status, reason)
    journal.append(job.directory, end)
    return end
