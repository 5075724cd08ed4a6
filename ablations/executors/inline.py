"""Trials one after another in this process: for debuggers, and for machines that can do no better."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from ablations.executors.executor import STOPPED, Job, Report
from gan_core.events import Finished


class Inline:
    """Runs each job here."""

    def __init__(self, device: str, threads: int) -> None:
        self.device, self.threads = device, threads
        self._halted: set[str] = set()

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        while not stop() and (job := next(jobs, None)) is not None:
            yield from self._run_one(job, stop)

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._halted.add(name)

    def _run_one(self, job: Job, stop: Callable[[], bool]) -> Iterator[Report]:
        from ablations.executors.worker import events_of

        with closing(events_of(job, self.device, self.threads)) as events:  # closing saves an unfinished trial
            for event in events:
                yield Report(job.name, event)
                if (stop() or job.name in self._halted) and not isinstance(event, Finished):
                    break
            else:
                return
        yield Report(job.name, left=STOPPED)
