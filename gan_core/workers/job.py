"""A run to train, and what its process reports of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.events import AnyEvent

STOPPED = "stopped"
TAKEN = "another process trains it"


@dataclass(frozen=True)
class Job:
    """One run to train, as plain data that can be sent anywhere. `settings`: what `gan_core.config.resolve` takes."""

    name: str
    settings: dict[str, Any]
    directory: Path
    home: Path


@dataclass(frozen=True)
class Report:
    """One event of a job. Without an event the job has left its place: STOPPED, TAKEN, or how its process died."""

    name: str
    event: AnyEvent | None = None
    left: str = ""

    @property
    def has_died(self) -> bool:
        """Whether the job's process ended without a result, though nobody stopped it."""
        return self.event is None and self.left not in (STOPPED, TAKEN)
