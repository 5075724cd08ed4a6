"""One trial, trained from its job; every event goes into the journal, then to whoever listens.

Importing this module imports the whole trainer: the fork server does so once, and each trial starts from there.
"""

from collections.abc import Generator

import torch
import torchmetrics.image  # noqa: F401  seconds to import, so once in the fork server

from ablations.executors.report import Job
from gan_core.attended import attended
from gan_core.config import resolve
from gan_core.events import AnyEvent


def events_of(job: Job, device: str, threads: int) -> Generator[AnyEvent, None, None]:
    """Train a job from its checkpoint to its end; closing saves a checkpoint first. Failures are events too."""
    torch.set_num_threads(threads)
    yield from attended(resolve(job.settings), job.directory, job.home, device)
