"""Trials next to each other in processes of this machine, from a fork server that has the trainer imported already."""

from collections.abc import Sequence

from gan_core.workers.patience import USUAL_PATIENCE, Patience
from gan_core.workers.pool import Pool
from gan_core.workers.training_lock import ORPHAN_S

TRAINER = "ablations.executors.worker:events_of"
UNSAMPLED = "ablations.executors.worker:unsampled_events_of"


class Processes(Pool):
    """Runs up to `workers` jobs at once, devices taken in turn; an `Executor`.

    `system_metrics`: whether each trial samples what it takes of the machine. A study is locked by the one who runs it,
    so who is still at work in a trial's folder has lost its parent: it saves and ends, and is waited for.
    """

    def __init__(
        self,
        workers: int,
        devices: Sequence[str],
        threads: int,
        system_metrics: bool = True,
        patience: Patience = USUAL_PATIENCE,
        wait_s: float = ORPHAN_S,
    ) -> None:
        super().__init__(TRAINER if system_metrics else UNSAMPLED, workers, devices, threads, patience, wait_s)

    def close(self) -> None:
        """See `Executor`: nothing is kept but the fork server, which ends with this process."""
