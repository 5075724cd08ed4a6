"""The tasks of trials that are with the cluster: what they say, how they end, and which are tried again."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayError, RayTaskError, TaskCancelledError

from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.retries import Again, Retries
from ablations.executors.ray_cluster.capacity import task_options
from ablations.executors.ray_cluster.on_node import Began, Manner, train
from ablations.executors.ray_cluster.stop_requests import stop_requests
from ablations.study.cluster import ClusterNeeds
from gan_core.events import AnyEvent, Finished
from gan_core.problems import UserError
from gan_core.workers.job import STOPPED, TAKEN, Job, Report
from gan_core.workers.training_lock import TakenError

STREAM = {"num_returns": "streaming", "max_retries": 0, "max_calls": 0}  # 0: Ray would end a worker that had a GPU


@dataclass
class _Task:
    """One attempt at a trial. `node`: '' while it waits for a place; `is_over`: its end or leaving has been heard."""

    job: Job
    attempt: str
    gpus: float
    node: str = ""
    host: str = ""
    asked_to_stop: bool = False
    is_over: bool = False


class Tasks:
    """The trials that are with the cluster, by Ray's generators of what they say. For one thread."""

    def __init__(self, needs: ClusterNeeds, manner: Manner, receiver: Receiver) -> None:
        self.running: dict[Any, _Task] = {}
        self._needs, self._manner, self._receiver = needs, manner, receiver
        self._retries = Retries()
        self._requests = stop_requests()

    def begin(self, job: Job) -> Iterator[Report]:
        """Hand this job to the cluster; a report where it needs no training, or can't be had."""
        yield from self._submit(job, task_options(self._needs))

    def listen(self, seconds: float) -> Iterator[Report]:
        """What the trials say, at most one word each; waits for the first word for so many seconds."""
        generators = list(self.running)
        if not generators:
            return
        ready, _ = ray.wait(generators, num_returns=len(generators), timeout=0)
        if not ready:
            ready, _ = ray.wait(generators, num_returns=1, timeout=seconds)
        for generator in ready:
            yield from self._hear(generator)

    def ask_to_stop(self, names: Container[str] | None) -> None:
        """Let these trials save and end; None: all. One that still waits for a place gives up waiting."""
        for generator, task in self.running.items():
            if (names is None or task.job.name in names) and not task.asked_to_stop:
                task.asked_to_stop = True
                self._requests.stop.remote(task.attempt)
                if not task.node:
                    ray.cancel(generator)

    def end(self) -> None:
        """Let all trials save and end, and wait for that. What they say is entered, but reported to nobody."""
        try:
            while self.running:
                self.ask_to_stop(None)
                for _ in self.listen(1.0):
                    pass
        except UserError:  # the exchange does not answer: what was computed is there, and the same command goes on
            self._outwait()
        finally:
            ray.kill(self._requests)

    def _submit(self, job: Job, options: dict[str, Any]) -> Iterator[Report]:
        try:
            shipped = self._receiver.begin(job)
        except TakenError:
            yield Report(job.name, left=TAKEN)
            return
        yield from self._receiver.caught_up(job.name)
        if isinstance(shipped, Finished):
            yield Report(job.name, shipped)
            return
        task = ray.remote(**STREAM)(train).options(name=job.name, **options)
        generator = task.remote(shipped, self._manner, self._requests)
        self.running[generator] = _Task(job, shipped.attempt, options["num_gpus"])

    def _hear(self, generator: Any) -> Iterator[Report]:
        task = self.running[generator]
        try:
            word = ray.get(next(generator))
        except StopIteration:
            del self.running[generator]
            if not task.is_over:
                yield from self._lost(task, "its task ended without a word")
        except RayTaskError as error:
            del self.running[generator]
            if isinstance(error.cause, UserError):
                raise error.cause from None
            yield from self._lost(task, f"its task failed: {error.cause!r}")
        except TaskCancelledError:
            del self.running[generator]
            yield from self._left(task, STOPPED)
        except RayError as error:
            del self.running[generator]
            yield from self._lost(task, _in_words(error, task))
        else:
            yield from self._enter(task, word)

    def _enter(self, task: _Task, word: Began | Report) -> Iterator[Report]:
        if isinstance(word, Began):
            task.node, task.host = word.node, word.host
        elif isinstance(word.event, Finished):
            yield from self._ended(task, word.event)
        elif word.event is not None:
            yield from self._happened(task, word.event)
        elif word.again:
            yield word
        else:
            yield from self._left(task, word.left)

    def _happened(self, task: _Task, event: AnyEvent) -> Iterator[Report]:
        self._retries.heard(task.job.name, event)
        report = self._receiver.event(task.job.name, event, task.attempt)
        yield from self._receiver.caught_up(task.job.name)
        if report is not None:
            yield report

    def _ended(self, task: _Task, end: Finished) -> Iterator[Report]:
        """The trial has come to its end, unless that is a failure which is tried again."""
        task.is_over = True
        name = task.job.name
        again = None if task.asked_to_stop else self._retries.failed(name, end, task.gpus)
        if again is not None:
            yield from self._begin_again(task, again)
        else:
            report = self._receiver.event(name, end, task.attempt) or Report(name, end)  # None: it came with its files
            yield from self._receiver.caught_up(name)
            self._forget(task)
            yield report

    def _left(self, task: _Task, why: str) -> Iterator[Report]:
        """The trial has left its node; what it has done there may still tell of its end."""
        if task.is_over:
            return
        task.is_over = True
        end = self._receiver.left(task.job.name)
        if end is not None:
            yield from self._ended(task, end)
        else:
            yield from self._receiver.caught_up(task.job.name)
            self._forget(task)
            yield Report(task.job.name, left=why)

    def _lost(self, task: _Task, why: str) -> Iterator[Report]:
        """The trial's process is gone, or its node, without a word."""
        if task.is_over:
            return
        if task.asked_to_stop:
            yield from self._left(task, STOPPED)  # it goes on from its last checkpoint
            return
        end = self._receiver.left(task.job.name)
        if end is not None:
            yield from self._ended(task, end)
        elif (again := self._retries.lost(task.job.name, why)) is not None:
            task.is_over = True
            yield from self._begin_again(task, again)
        else:
            yield from self._left(task, why)

    def _begin_again(self, task: _Task, again: Again) -> Iterator[Report]:
        self._receiver.left(task.job.name)
        yield from self._receiver.caught_up(task.job.name)
        yield Report(task.job.name, left=again.why, again=True)
        avoided = task.node if again.elsewhere else ""
        yield from self._submit(task.job, task_options(self._needs, again.whole_gpu, avoided))

    def _forget(self, task: _Task) -> None:
        self._receiver.finish(task.job.name)
        self._retries.forget(task.job.name)

    def _outwait(self) -> None:
        """Wait until no task is left, whatever they say."""
        while self.running:
            self.ask_to_stop(None)
            ready, _ = ray.wait(list(self.running), num_returns=1, timeout=1.0)
            for generator in ready:
                try:
                    ray.get(next(generator))
                except (StopIteration, RayError):
                    del self.running[generator]


def _in_words(error: RayError, task: _Task) -> str:
    where = f"node {task.host}" if task.host else "the node that was to train it"
    if isinstance(error, NodeDiedError):
        return f"{where} is gone"
    if isinstance(error, OutOfMemoryError):
        return f"Ray has ended its process, since {where} ran out of memory"
    return f"its process on {where} is gone ({type(error).__name__})"
