"""The course of trials that train elsewhere, whoever starts them there: begun, heard of, tried again, over.

The one place that decides what becomes of a trial whose node has spoken, or is gone.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.retries import Again, Retries
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core.events import AnyEvent, Finished
from gan_core.workers.job import STOPPED, TAKEN, Job, Report
from gan_core.workers.training_lock import TakenError


class Places(Protocol):
    """Who has trials trained."""

    def place(self, shipped: ShippedJob, again: Again | None) -> None:
        """Have this attempt trained; `again`: why it is not the first one."""
        ...

    def forget(self, name: str) -> None:
        """This trial has come to an end, or has left."""
        ...


class Course:
    """For one thread. What it yields is what the executor reports."""

    def __init__(self, receiver: Receiver, places: Places, gpus: float) -> None:
        """`gpus`: that a trial has, by `ClusterNeeds`."""
        self._receiver, self._places, self._gpus = receiver, places, gpus
        self._retries = Retries()
        self._jobs: dict[str, Job] = {}

    @property
    def under_way(self) -> Mapping[str, Job]:
        """The trials that were begun and are not over, by name."""
        return MappingProxyType(self._jobs)

    def attempt_of(self, name: str) -> str | None:
        """The attempt at this trial that counts; None where none does."""
        return self._receiver.attempt_of(name)

    def begin(self, job: Job, again: Again | None = None) -> Iterator[Report]:
        """Send this trial off, and have it trained; a report where it needs no training, or can't be had."""
        self._jobs[job.name] = job
        try:
            shipped = self._receiver.begin(job)
        except TakenError:
            yield self._over(Report(job.name, left=TAKEN))
            return
        yield from self._receiver.caught_up(job.name)
        if isinstance(shipped, Finished):
            yield self._over(Report(job.name, shipped))
        else:
            self._places.place(shipped, again)

    def take_up(self, job: Job, attempt: str) -> bool:
        """Go on with an attempt that runs since before this process began; False where it counts no more."""
        if self._receiver.take_up(job, attempt) is None:
            return False
        self._jobs[job.name] = job
        return True

    def told(self, name: str, attempt: str, event: AnyEvent, stopping: bool) -> Iterator[Report]:
        """An attempt at the trial has told an event, heeded if it counts; `stopping`: whether it was asked to end."""
        if attempt != self.attempt_of(name):
            return
        if isinstance(event, Finished):
            yield from self._ended(name, event, stopping)
            return
        self._retries.heard(name, event)
        report = self._receiver.event(name, event)
        yield from self._receiver.caught_up(name)
        if report is not None:
            yield report

    def gone(self, name: str, why: str, stopping: bool, *, lost: bool = True, begun: bool = True) -> Iterator[Report]:
        """The trial has left its node, or its node has gone: its end, or what becomes of it.

        `lost`: whether somebody else ended it, and not the trial itself by a crash that would come again. One that had
        not `begun` there has lost neither work nor one of its attempts: whoever cancels all jobs of a scheduler sends
        it from one that ends to the next.
        """
        end = self._receiver.left(name)
        yield from self._receiver.caught_up(name)
        if end is not None:
            yield from self._ended(name, end, stopping)
        elif stopping:
            yield self._over(Report(name, left=STOPPED))  # it goes on from its last checkpoint
        elif not begun:
            yield from self.begin(self._jobs[name])
        elif lost and (again := self._retries.lost(name, why)):
            yield from self._try_again(name, again)
        else:
            yield self._over(Report(name, left=why))

    def give_up_waiting(self, name: str) -> Report:
        """The trial waits for a place, and is not to be trained now. What was sent stays in the exchange."""
        return self._over(Report(name, left=STOPPED))

    def _ended(self, name: str, end: Finished, stopping: bool) -> Iterator[Report]:
        """The trial has come to its end on its node, unless that is a failure which is tried again."""
        again = None if end.is_result or stopping else self._retries.failed(name, end, self._gpus)
        if again is not None:
            self._receiver.left(name)
            yield from self._receiver.caught_up(name)
            yield from self._try_again(name, again)
            return
        report = self._receiver.event(name, end) or Report(name, end)  # None: it came with its files
        yield from self._receiver.caught_up(name)
        yield self._over(report)

    def _try_again(self, name: str, again: Again) -> Iterator[Report]:
        yield Report(name, left=again.why, again=True)
        yield from self.begin(self._jobs[name], again)

    def _over(self, report: Report) -> Report:
        """Forget a trial that has come to an end, or has left."""
        self._receiver.finish(report.name)
        self._retries.forget(report.name)
        self._jobs.pop(report.name, None)
        self._places.forget(report.name)
        return report
