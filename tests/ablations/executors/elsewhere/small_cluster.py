"""A cluster of one machine, for tests: an executor whose trials train as on a node, in a pool and from an exchange.

It is also the shortest right use of `Course`, `landed` and `settled`.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace

from ablations.executors.elsewhere.course import Course
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.retries import Again
from ablations.executors.elsewhere.scratch import landed, settled
from ablations.executors.elsewhere.setting import TRAINER
from ablations.executors.elsewhere.shipped import ShippedJob, job_from_json, job_to_json
from gan_core.workers.job import STOPPED, Job, Report
from gan_core.workers.pool import Pool


class SmallCluster:
    """Runs jobs as `Executor` says; `here`: the jobs as they have landed, by name."""

    def __init__(self, exchange: str, workers: int = 1, gpus: float = 0.0, trainer: str = TRAINER) -> None:
        self.environment: dict[str, str] = {}  # of the nodes' processes
        self.exchange = exchange
        self.here: dict[str, ShippedJob] = {}
        self._waiting: deque[ShippedJob] = deque()
        self._course = Course(Receiver(Exchange(exchange)), self, gpus)
        self._pool = Pool(trainer, workers, ("cpu",), 1)

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        without_training: list[Report] = []
        with closing(self._pool.run(_Landing(self, jobs, without_training), stop)) as reports:
            for report in reports:
                yield from self._entered(settled(self.here[report.name], report), stop())
                while without_training:
                    yield without_training.pop(0)
        yield from without_training

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._pool.halt(name)

    def close(self) -> None:
        """See `Executor`."""

    def place(self, shipped: ShippedJob, again: Again | None) -> None:
        """See `Places`: it comes here by way of its line of JSON."""
        here = replace(landed(job_from_json(job_to_json(shipped))), environment=tuple(self.environment.items()))
        self.here[shipped.name] = here
        self._waiting.append(here)

    def forget(self, name: str) -> None:
        """See `Places`."""

    def next_job(self, jobs: Iterator[Job], reports: list[Report]) -> Job | None:
        """The next trial to train here; what is reported of others on the way is added to `reports`."""
        while not self._waiting and (job := next(jobs, None)) is not None:
            reports += self._course.begin(job)
        return self._waiting.popleft() if self._waiting else None

    def _entered(self, report: Report, stopping: bool) -> Iterator[Report]:
        """What becomes of a report from a node."""
        name = report.name
        if report.event is not None:
            yield from self._course.told(name, self.here[name].attempt, report.event, stopping)
        elif report.again:
            yield report
        else:
            stopping = stopping or report.left == STOPPED
            yield from self._course.gone(name, report.left, stopping, lost=report.killed)


class _Landing(Iterator[Job]):
    """Jobs as the pool takes them; after its end there may be some again."""

    def __init__(self, cluster: SmallCluster, jobs: Iterator[Job], reports: list[Report]) -> None:
        self._cluster, self._jobs, self._reports = cluster, jobs, reports

    def __next__(self) -> Job:
        if (job := self._cluster.next_job(self._jobs, self._reports)) is None:
            raise StopIteration
        return job
