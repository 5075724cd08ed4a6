"""Trials next to each other in processes of this machine, from a fork server that has the trainer imported already."""

from collections.abc import Sequence

from gan_core.workers.pool import Pool

TRAINER = "ablations.executors.worker:events_of"
UNSAMPLED = "ablations.executors.worker:unsampled_events_of"


class Processes(Pool):
    """Runs up to `workers` jobs at once, devices taken in turn; an `Executor`.

    `system_metrics`: whether each trial samples what it takes of the machine.
    """

    def __init__(self, workers: int, devices: Sequence[str], threads: int, system_metrics: bool = True) -> None:
        super().__init__(TRAINER if system_metrics else UNSAMPLED, workers, devices, threads)
