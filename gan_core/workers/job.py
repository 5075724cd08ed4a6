"""A run to train, and what its process reports of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.events import AnyEvent
from gan_core.plugin_text import Source

STOPPED = "stopped"
TAKEN = "another process trains it"


@dataclass(frozen=True)
class Job:
    """One run to train, as plain data that can be sent anywhere. `settings`: what `gan_core.config.resolve` takes.

    `data_digest`: that of the images it is meant for; None: whatever there are. `plugins`: the user's own code that the
    settings rest on, which whoever sends the job may run.
    """

    name: str
    settings: dict[str, Any]
    directory: Path
    home: Path
    data_digest: str | None = None
    plugins: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Report:
    """One event of a job. Without an event its process has ended: STOPPED, TAKEN, or how it died.

    `again`: the job has been taken up again, from its checkpoint. `killed`: somebody else has ended its process, once
    too often.
    """

    name: str
    event: AnyEvent | None = None
    left: str = ""
    again: bool = False
    killed: bool = False

    @property
    def has_left(self) -> bool:
        """Whether the job has left its place without a result."""
        return self.event is None and not self.again

    @property
    def has_died(self) -> bool:
        """Whether the job's process ended without a result, though nobody stopped it, and none takes its place."""
        return self.has_left and self.left not in (STOPPED, TAKEN)
