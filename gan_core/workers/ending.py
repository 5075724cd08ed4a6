"""The end of a run that can't report it: its process has gone, or an exception has ended it."""

import time
from pathlib import Path

from gan_core import journal
from gan_core.events import End, Finished


def ending(directory: Path, status: End, reason: str) -> Finished:
    """The event that ends the journal of `directory` where it stands. It is not written yet."""
    past = journal.read(directory)
    last = past[-1] if past else None
    return Finished(
        seq=last.seq + 1 if last else 0,
        time=time.time(),
        step=last.step if last else 0,
        images=last.images if last else 0,
        wall_s=last.wall_s if last else 0.0,
        status=status,
        reason=reason,
    )


def ended(directory: Path, status: End, reason: str) -> Finished:
    """Write that event to the journal and return it. Raises OSError where it can't be written."""
    end = ending(directory, status, reason)
    directory.mkdir(parents=True, exist_ok=True)
    journal.append(directory, end)
    return end
