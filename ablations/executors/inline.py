"""Trials one after another in this process: for debuggers, and for machines that can do no better."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from gan_core.events import Finished
from gan_core.workers.job import STOPPED, TAKEN, Job, Report
from gan_core.workers.training_lock import ORPHAN_S, TakenError, training_lock


class Inline:
    """Runs each job here. `system_metrics`: whether a trial samples what it takes of the machine.

    `wait_s`: how long a trial waits for another process, whose parent has died, to leave its folder.
    """

    def __init__(self, device: str, threads: int, system_metrics: bool = True, wait_s: float = ORPHAN_S) -> None:
        self.device, self.threads, self.system_metrics, self.wait_s = device, threads, system_metrics, wait_s
        self._halted: set[str] = set()

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        while not stop() and (job := next(jobs, None)) is not None:
            yield from self._run_one(job, stop)

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._halted.add(name)

    def close(self) -> None:
        """See `Executor`: nothing is kept."""

    def _run_one(self, job: Job, stop: Callable[[], bool]) -> Iterator[Report]:
        from ablations.executors import worker

        def must_stop() -> bool:
            return stop() or job.name in self._halted

        has_ended = False
        train = worker.events_of if self.system_metrics else worker.unsampled_events_of
        try:
            with (
                training_lock(job.directory, self.wait_s, stop),
                closing(
                    train(job, self.device, self.threads, must_stop)
                ) as events,  # closing saves an unfinished trial
            ):
                for event in events:
                    yield Report(job.name, event)
                    has_ended = isinstance(event, Finished)
                    if must_stop() and not has_ended:
                        break
        except TakenError:
            yield Report(job.name, left=TAKEN)
            return
        if not has_ended:
            yield Report(job.name, left=STOPPED)
