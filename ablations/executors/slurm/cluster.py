"""The SLURM cluster that this machine is a login node of."""

from collections.abc import Iterable
from pathlib import Path

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.slurm import queue
from ablations.executors.slurm.control import control_folder
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.slurm import Slurm
from ablations.executors.slurm.submission import Submission


class LoginNode:
    """A `Site`. Raises UserError where SLURM is not there or refuses the study's jobs."""

    def __init__(self, setting: Elsewhere, control: Path) -> None:
        self._submission = Submission(setting, control)

    def submit(self, posts: list[Post]) -> list[str]:
        """See `Site`."""
        return self._submission.submit(posts)

    def queue(self) -> dict[str, queue.Entry]:
        """See `Site`."""
        return queue.queue()

    def cancel(self, jobs: Iterable[str]) -> None:
        """See `Site`."""
        queue.cancel(jobs)

    def last_words(self, job: str) -> tuple[Path, str]:
        """See `Site`."""
        return self._submission.last_words(job)


def slurm_of(setting: Elsewhere) -> Slurm:
    """The executor of this study on this machine's cluster. Raises UserError where it lacks anything."""
    control = control_folder(setting)
    site = LoginNode(setting, control)
    exchange = Exchange(setting.exchange)
    exchange.check()
    return Slurm(setting, site, Receiver(exchange), control)
