"""Trials one after another in this process: for debuggers, and for machines that can do no better."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from gan_core.events import Finished
from gan_core.workers.job import STOPPED, TAKEN, Job, Report
from gan_core.workers.training_lock import TakenError, training_lock


class Inline:
    """Runs each job here. `system_metrics`: whether a trial samples what it takes of the machine."""

    def __init__(self, device: str, threads: int, system_metrics: bool = True) -> None:
        self.device, self.threads, self.system_metrics = device, threads, system_metrics
        self._halted: set[str] = set()

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        while not stop() and (job := next(jobs, None)) is not None:
            yield from self._run_one(job, stop)

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._halted.add(name)

    def _run_one(self, job: Job, stop: Callable[[], bool]) -> Iterator[Report]:
        from ablations.executors import worker

        train = worker.events_of if self.system_metrics else worker.unsampled_events_of
        try:
            # Closing saves an unfinished trial
            with training_lock(job.directory), closing(train(job, self.device, self.threads)) as events:
                for event in events:
                    yield Report(job.name, event)
                    if (stop() or job.name in self._halted) and not isinstance(event, Finished):
                        break
                else:
                    return
        except TakenError:
            yield Report(job.name, left=TAKEN)
            return
        yield Report(job.name, left=STOPPED)
