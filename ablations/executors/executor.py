"""What an executor is, and what it tells."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gan_core.events import AnyEvent

STOPPED = "stopped"


@dataclass(frozen=True)
class Job:
    """One trial as an executor sees it: plain data, so that it can be sent anywhere."""

    name: str
    settings: dict[str, Any]  # what gan_core.config.resolve takes
    directory: Path
    home: Path
    system_metrics: bool = True  # whether it notes what it asks of the machine


@dataclass(frozen=True)
class Report:
    """One event of a job; without an event: the job has left its place (STOPPED, or how its process died)."""

    name: str
    event: AnyEvent | None = None
    left: str = ""

    @property
    def has_died(self) -> bool:
        """Whether the job's process ended without a result and without having been asked to."""
        return self.event is None and self.left != STOPPED


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
