"""What the parent asks of the cluster; a test may have one that only pretends."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from ablations.executors.slurm.post import Post
from ablations.executors.slurm.queue import Entry


class Site(Protocol):
    """The cluster: what `Submission` and the functions of `queue.py` do."""

    def submit(self, posts: list[Post]) -> list[str]:
        """Submit a worker for each post; the ids of their jobs. Raises SlurmError."""
        ...

    def queue(self) -> dict[str, Entry]:
        """This user's jobs. Raises SlurmError."""
        ...

    def cancel(self, jobs: Iterable[str]) -> None:
        """End these jobs. Raises SlurmError."""
        ...

    def last_words(self, job: str) -> tuple[Path, str]:
        """The log of a worker, and its last lines."""
        ...
