"""Trials one after another in this process: for debuggers, and for machines that can do no better."""

from collections.abc import Callable, Iterator

from ablations.executors.report import Job, Report
from gan_core.events import Finished


class Inline:
    """Runs each job here."""

    def __init__(self, device: str, threads: int) -> None:
        self.device, self.threads = device, threads

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Iterator[Report]:
        from ablations.worker import events_of  # the whole trainer; only those who train here pay for it

        for job in jobs:
            events = events_of(job, self.device, self.threads)
            for event in events:
                yield Report(job.name, event)
                if stop() and not isinstance(event, Finished):
                    events.close()
                    yield Report(job.name, left="stopped")
                    break
            if stop():
                return
