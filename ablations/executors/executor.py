"""What an executor is: anything that runs the trials of a study, wherever they run."""

from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from gan_core.workers.job import Job, Report


class Executor(Protocol):
    """Runs what `jobs` yields. It asks for the next one only when it has a place for it."""

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """Report every event. Once `stop()` holds, take no new job and let the running ones save and end.

        A generator: closing it also lets them save and end, and waits for that.
        """
        ...

    def halt(self, name: str) -> None:
        """Let this job, which runs, save and end at its next event."""
        ...

    def close(self) -> None:
        """No job comes any more: give back what was kept for the next `run`, such as machines that wait for work."""
        ...
