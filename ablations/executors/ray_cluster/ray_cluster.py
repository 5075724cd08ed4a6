"""The executor that trains on a Ray cluster: each trial a task that streams its events, one handed out as one ends."""

from collections.abc import Callable, Generator, Iterator

import ray

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.ray_cluster.capacity import Capacity
from ablations.executors.ray_cluster.on_node import Manner
from ablations.executors.ray_cluster.readiness import check_nodes
from ablations.executors.ray_cluster.tasks import Tasks
from gan_core.workers.job import Job, Report

POLL_S = 0.2
BEGUN_AT_ONCE = 8  # trials that are sent off before those that run are listened to again


class RayCluster:
    """Runs as many jobs at once as fit on the cluster that this process is connected to; an `Executor`."""

    def __init__(self, elsewhere: Elsewhere, trainer: str | None = None) -> None:
        """`trainer`: None: the one that trains trials from elsewhere.

        Raises UserError where no trial fits on any node, or where a node has other code or can't exchange files.
        """
        needs = elsewhere.needs
        self._capacity = Capacity(needs)
        self._exchange = Exchange(elsewhere.exchange)
        check_nodes(self._capacity.fitting(), self._exchange)
        self._needs = needs
        self._manner = Manner(trainer or elsewhere.trainer, needs.device, needs.cpus, elsewhere.patience)
        self._halted: set[str] = set()

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Generator[Report, None, None]:
        """See `Executor`."""
        tasks = Tasks(self._needs, self._manner, Receiver(self._exchange))
        try:
            while True:
                begun = 0
                while begun < BEGUN_AT_ONCE and self._has_room(tasks) and not stop():
                    if (job := next(jobs, None)) is None:
                        break
                    begun += 1
                    yield from tasks.begin(job)
                if not tasks.running and not begun:
                    return
                yield from tasks.listen(0 if begun == BEGUN_AT_ONCE else POLL_S)
                tasks.ask_to_stop(None if stop() else self._halted)
        finally:
            tasks.end()

    def halt(self, name: str) -> None:
        """See `Executor`."""
        self._halted.add(name)

    def close(self) -> None:
        """See `Executor`."""
        ray.shutdown()

    def _has_room(self, tasks: Tasks) -> bool:
        return len(tasks.running) < self._capacity.places()
