"""A run without anybody who watches: whatever happens is in its folder afterwards, pictures and failures too."""

import traceback
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from pathlib import Path

from gan_core import journal
from gan_core.config import resolve
from gan_core.events import AnyEvent, Finished
from gan_core.machine.readiness import ready_to_train
from gan_core.plugins.blame import place_in
from gan_core.plugins.load import load_sources
from gan_core.show.draw import draw_run
from gan_core.show.undrawn import keep_undrawn
from gan_core.train import train
from gan_core.workers.ending import ending
from gan_core.workers.job import Job

ERROR = "error.txt"


def train_job(
    job: Job, device: str, threads: int, stop: Callable[[], bool] = lambda: False
) -> Generator[AnyEvent, None, None]:
    """Train a job from its checkpoint to its end, on `threads` CPU threads; see `unattended`."""
    ready_to_train(threads)
    load_sources(job.plugins)
    config = resolve(job.settings, named=())
    run = train(config, job.directory, job.home, device, stop, job.data_digest)
    with closing(unattended(run, job.directory, device)) as events:
        yield from events


def unattended(run: Generator[AnyEvent, None, None], directory: Path, device: str) -> Generator[AnyEvent, None, None]:
    """Take this run in `directory` to its end, every event in its journal. Closing it closes `run`, which saves.

    An exception becomes a Finished(status='failed') and `error.txt`. The pictures of a run that has ended are drawn
    before its end is reported, so they are there for whoever receives that report. A picture that can't be drawn does
    not make the run fail; `show/undrawn.txt` says why.
    """
    with closing(journal.recorded(run, directory)) as events:
        try:
            for event in events:
                if isinstance(event, Finished):
                    _draw(directory, device)
                yield event
        except Exception as error:
            failure = ending(directory, "failed", _reason(error))
            with suppress(OSError):  # a full disk: we can still tell, and the next run goes on from the checkpoint
                (directory / ERROR).write_text(traceback.format_exc())
                journal.append(directory, failure)
            yield failure


def _reason(error: Exception) -> str:
    """What went wrong, and where in a user's own code, if it was there."""
    place = place_in(error)
    return f"{place}: {type(error).__name__}: {error}" if place else f"{type(error).__name__}: {error}"


def _draw(directory: Path, device: str) -> None:
    try:
        draw_run(directory, device)
    except Exception:
        keep_undrawn(directory, traceback.format_exc())
