"""One trial from elsewhere, trained on this node: its files come from the exchange, and go there as they change.

Importing this module imports the whole trainer; see `ablations.executors.worker`.
"""

import os
from collections.abc import Callable, Generator
from contextlib import closing

from ablations.executors import worker
from ablations.executors.elsewhere.delivery import Delivery, SupersededError
from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.scratch import DELIVERED, discard, undelivered, unfetched
from ablations.executors.elsewhere.shipped import ShippedJob, refuse_other_code
from ablations.executors.elsewhere.supplies import supply_node
from gan_core.events import AnyEvent, Finished, Sampled, Saved
from gan_core.problems import UserError
from gan_core.workers.ending import ending
from gan_core.workers.job import Job

READY = ".ready"  # in a trial's folder here, once everything is in it
SENT_AFTER = (Sampled, Saved, Finished)

Train = Callable[[Job, str, int, Callable[[], bool]], Generator[AnyEvent, None, None]]


def events_of(
    job: ShippedJob, device: str, threads: int, stop: Callable[[], bool] = lambda: False
) -> Generator[AnyEvent, None, None]:
    """Train a job that has landed here, from its checkpoint to its end; its files go to the exchange on the way.

    Each event whose files others need is told once they are in the exchange. Closing the generator, and `stop()`, save
    and send a checkpoint first. Failures are events too: of the trainer, and where data or the exchange can't be had.
    Once everything is in the exchange, the job's folder is removed.
    """
    yield from trained_here(supplied(worker.events_of), job, device, threads, stop)


def unsampled_events_of(
    job: ShippedJob, device: str, threads: int, stop: Callable[[], bool] = lambda: False
) -> Generator[AnyEvent, None, None]:
    """The same, without samples of what the trial takes of the machine."""
    yield from trained_here(supplied(worker.unsampled_events_of), job, device, threads, stop)


def supplied(train: Train) -> Train:
    """`train`, once all is on this node that the trial needs besides its own files: images, weights of extractors."""

    def train_supplied(
        job: Job, device: str, threads: int, stop: Callable[[], bool]
    ) -> Generator[AnyEvent, None, None]:
        assert isinstance(job, ShippedJob)
        ready = supply_node(job, Exchange(job.exchange), stop)
        if ready is not None:
            yield from train(ready, device, threads, stop)

    return train_supplied


def trained_here(
    train: Train, job: ShippedJob, device: str, threads: int, stop: Callable[[], bool] = lambda: False
) -> Generator[AnyEvent, None, None]:
    """The events of a job that has landed here, trained by `train`; see `events_of`."""
    os.environ.update(job.environment)
    event, closed = None, False
    is_worth_keeping = (job.directory / READY).exists()  # a former process of this trial was killed here
    try:
        delivery = _ready(job)
        with closing(train(job, device, threads, stop)) as events:
            for event in events:
                if isinstance(event, SENT_AFTER):
                    delivery.send()
                if isinstance(event, Finished):
                    (job.directory / DELIVERED).touch()
                is_worth_keeping = True
                try:
                    yield event
                except GeneratorExit:
                    closed = True
                    break
        if not isinstance(event, Finished):
            delivery.send()  # what was saved when it was closed, or had to stop
    except SupersededError:
        pass
    except ExchangeError as error:
        if is_worth_keeping:
            if not closed:
                yield undelivered(job, error)
            return  # `settled` tries once more, and keeps the folder where that is in vain
        (job.directory / DELIVERED).touch()
        yield unfetched(job, error)
    except UserError as error:
        if closed:
            raise
        (job.directory / DELIVERED).touch()
        yield ending(job.directory, "failed", str(error))
    discard(job)


def _ready(job: ShippedJob) -> Delivery:
    """Have everything here that the trial needs. In a folder where its process was killed, send what that has left."""
    exchange = Exchange(job.exchange)
    delivery = Delivery(exchange, job.place, job.directory)
    if (job.directory / READY).exists():
        delivery.send()
    else:
        refuse_other_code(job)
        delivery.fetch()
        (job.directory / READY).touch()
    return delivery
