"""The tasks of trials that are with the cluster: what they say, how they end, and which are tried again."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayError, RayTaskError, TaskCancelledError

from ablations.executors.elsewhere.course import Course
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.retries import Again
from ablations.executors.elsewhere.shipped import ShippedJob
from ablations.executors.ray_cluster.capacity import task_options
from ablations.executors.ray_cluster.on_node import Began, Manner, train
from ablations.executors.ray_cluster.stop_requests import stop_requests
from ablations.study.cluster import ClusterNeeds
from gan_core.events import Finished
from gan_core.problems import UserError
from gan_core.workers.job import STOPPED, Job, Report

STREAM = {"num_returns": "streaming", "max_retries": 0, "max_calls": 0}  # 0: Ray would end a worker that had a GPU


@dataclass
class _Task:
    """One attempt at a trial. `node`: '' while it waits for a place; `is_over`: its end or leaving has been heard."""

    name: str
    attempt: str
    node: str = ""
    host: str = ""
    asked_to_stop: bool = False
    is_over: bool = False


class Tasks:
    """The trials that are with the cluster, by Ray's generators of what they say. For one thread."""

    def __init__(self, needs: ClusterNeeds, manner: Manner, receiver: Receiver) -> None:
        self.running: dict[Any, _Task] = {}
        self._needs, self._manner = needs, manner
        self._course = Course(receiver, self, needs.gpus)
        self._requests = stop_requests()
        self._nodes: dict[str, str] = {}  # by trial: the one that it was last on

    def begin(self, job: Job) -> Iterator[Report]:
        """Hand this job to the cluster; a report where it needs no training, or can't be had."""
        yield from self._course.begin(job)

    def place(self, shipped: ShippedJob, again: Again | None) -> None:
        """See `Places`: Ray finds a node for it."""
        avoided = self._nodes.get(shipped.name, "") if again is not None and again.elsewhere else ""
        options = task_options(self._needs, again is not None and again.whole_gpu, avoided)
        task = ray.remote(**STREAM)(train).options(name=shipped.name, **options)
        generator = task.remote(shipped, self._manner, self._requests)
        self.running[generator] = _Task(shipped.name, shipped.attempt)

    def forget(self, name: str) -> None:
        """See `Places`."""
        self._nodes.pop(name, None)

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
            if (names is None or task.name in names) and not task.asked_to_stop:
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

    def _hear(self, generator: Any) -> Iterator[Report]:
        task = self.running[generator]
        try:
            word = ray.get(next(generator))
        except StopIteration:
            del self.running[generator]
            yield from self._gone(task, "its task ended without a word")
        except RayTaskError as error:
            del self.running[generator]
            if isinstance(error.cause, UserError):
                raise error.cause from None
            yield from self._gone(task, f"its task failed: {error.cause!r}")
        except TaskCancelledError:
            del self.running[generator]
            yield from self._gone(task, STOPPED)
        except RayError as error:
            del self.running[generator]
            yield from self._gone(task, _in_words(error, task))
        else:
            yield from self._enter(task, word)

    def _enter(self, task: _Task, word: Began | Report) -> Iterator[Report]:
        if isinstance(word, Began):
            task.node, task.host = word.node, word.host
            self._nodes[task.name] = word.node
        elif word.event is not None:
            task.is_over = isinstance(word.event, Finished)
            yield from self._course.told(task.name, task.attempt, word.event, task.asked_to_stop)
        elif word.again:
            yield word
        else:
            yield from self._gone(task, word.left, lost=word.killed or word.left == STOPPED)

    def _gone(self, task: _Task, why: str, lost: bool = True) -> Iterator[Report]:
        """The trial has left its node, or its process or node is gone; see `Course.gone`."""
        if not task.is_over:
            task.is_over = True
            yield from self._course.gone(task.name, why, task.asked_to_stop, lost=lost)

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
