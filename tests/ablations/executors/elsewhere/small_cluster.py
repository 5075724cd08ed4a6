"""A cluster of one machine, for tests: an executor whose trials train as on a node, in a pool and from an exchange.

It is also the shortest right use of `Receiver`, `landed`, `settled` and `Retries`.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.retries import Again, Retries
from ablations.executors.elsewhere.scratch import landed, settled
from ablations.executors.elsewhere.shipped import ShippedJob, job_from_json, job_to_json
from gan_core.events import Finished
from gan_core.workers.job import STOPPED, Job, Report
from gan_core.workers.pool import Pool

TRAINER = "ablations.executors.elsewhere.node:events_of"


class SmallCluster:
    """Runs jobs as `Executor` says; `here`: the jobs as they have landed, by name."""

    def __init__(self, exchange: str, workers: int = 1, gpus: float = 0.0, trainer: str = TRAINER) -> None:
        self.environment: dict[str, str] = {}  # of the nodes' processes
        self.exchange, self.workers, self.gpus, self.trainer = exchange, workers, gpus, trainer
        self.receiver, self.retries = Receiver(Exchange(exchange)), Retries()
        self.here: dict[str, ShippedJob] = {}
        self._sent: dict[str, Job] = {}
        self._again: deque[Job] = deque()
        self._pool = Pool(trainer, workers, ("cpu",), 1)

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        ended: list[Report] = []
        with closing(self._pool.run(_Landing(self, jobs, ended), stop)) as reports:
            for report in reports:
                yield from self._entered(settled(self.here[report.name], report), stop())
                while ended:
                    yield ended.pop()
        yield from ended

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._pool.halt(name)

    def close(self) -> None:
        """See `Executor`."""

    def begin(self, job: Job) -> ShippedJob | Finished:
        """Send a job off, by way of its line of JSON, to this machine."""
        shipped = self.receiver.begin(job, self.environment)
        if isinstance(shipped, Finished):
            return shipped
        self._sent[job.name] = job
        self.here[job.name] = landed(job_from_json(job_to_json(shipped)))
        return self.here[job.name]

    def _entered(self, report: Report, stopping: bool) -> Iterator[Report]:
        """What becomes of a report from a node."""
        name, event = report.name, report.event
        if isinstance(event, Finished):
            again = None if event.is_result or stopping else self.retries.failed(name, event, self.gpus)
            yield from self._tried_again(name, again) if again else self._told(report)
        elif event is not None:
            self.retries.heard(name, event)
            yield from self._told(report)
        elif report.again:
            yield report
        else:
            yield from self._left(report, stopping)

    def _told(self, report: Report) -> Iterator[Report]:
        assert report.event is not None
        if (entered := self.receiver.event(report.name, report.event)) is not None:
            yield from self.receiver.caught_up(report.name)
            yield entered

    def _left(self, report: Report, stopping: bool) -> Iterator[Report]:
        end = self.receiver.left(report.name)
        yield from self.receiver.caught_up(report.name)
        if end is not None:
            yield from self._entered(Report(report.name, end), stopping)
            return
        again = None if stopping or report.left == STOPPED else self.retries.lost(report.name, report.left)
        yield from self._tried_again(report.name, again) if again else [report]

    def _tried_again(self, name: str, again: Again) -> Iterator[Report]:
        self.receiver.left(name)
        self._again.append(self._sent[name])
        yield Report(name, left=again.why, again=True)

    def next_job(self, jobs: Iterator[Job]) -> Job | None:
        """The next job to send off: one that is tried again, or a new one."""
        return self._again.popleft() if self._again else next(jobs, None)


class _Landing(Iterator[Job]):
    """Jobs as the pool takes them; after its end there may be some again."""

    def __init__(self, cluster: SmallCluster, jobs: Iterator[Job], ended: list[Report]) -> None:
        self._cluster, self._jobs, self._ended = cluster, jobs, ended

    def __next__(self) -> Job:
        while (job := self._cluster.next_job(self._jobs)) is not None:
            begun = self._cluster.begin(job)
            if isinstance(begun, ShippedJob):
                return begun
            self._ended.append(Report(job.name, begun))
        raise StopIteration
