"""One trial, trained from its job; every event goes into the journal, then to whoever listens.

Importing this module imports the whole trainer: the fork server does so once, and each trial starts from there.
"""

import time
import traceback
from collections.abc import Generator
from contextlib import closing, suppress

import torch
import torchmetrics.image  # noqa: F401  seconds to import, so once in the fork server

from ablations.executors.report import Job
from ablations.system_metrics import EVERY_S, GpuMemory, Sampler
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import AnyEvent, Finished
from gan_core.show.draw import draw_run
from gan_core.train import train

ERROR = "error.txt"


def events_of(job: Job, device: str, threads: int) -> Generator[AnyEvent, None, None]:
    """Train a job from its checkpoint to its end; closing saves a checkpoint first.

    An exception becomes a Finished(status='failed') and `error.txt`. The pictures of a run that has ended are drawn
    before its end is told, so that whoever hears of it finds them; a run is not the worse for one that can't be drawn.
    """
    torch.set_num_threads(threads)
    run = train(resolve(job.settings), job.directory, job.home, device)
    sampler = Sampler(job.directory, _gpu_memory(device), EVERY_S if job.system_metrics else None)
    with sampler, closing(journal.recorded(run, job.directory)) as events:
        try:
            for event in events:
                if isinstance(event, Finished):
                    _draw(job, device)
                    sampler.stop()  # whoever hears of the end finds all there is
                yield event
        except Exception as error:
            failure = _failure(job, error)
            with suppress(OSError):  # a full disk: we can still tell, and the next run goes on from the checkpoint
                (job.directory / ERROR).write_text(traceback.format_exc())
                journal.append(job.directory, failure)
            yield failure


def _gpu_memory(device: str) -> GpuMemory:
    """What the run's tensors take on its GPU, in bytes; of nothing else on that GPU."""
    if not device.startswith("cuda"):
        return lambda: None
    return lambda: float(torch.cuda.memory_allocated(device))


def _draw(job: Job, device: str) -> None:
    try:
        draw_run(job.directory, device)
    except Exception:
        with suppress(OSError):
            (job.directory / ERROR).write_text(traceback.format_exc())


def _failure(job: Job, error: Exception) -> Finished:
    past = journal.read(job.directory)
    last = past[-1] if past else None
    return Finished(
        seq=last.seq + 1 if last else 0,
        time=time.time(),
        step=last.step if last else 0,
        images=last.images if last else 0,
        wall_s=last.wall_s if last else 0.0,
        status="failed",
        reason=f"{type(error).__name__}: {error}",
    )
