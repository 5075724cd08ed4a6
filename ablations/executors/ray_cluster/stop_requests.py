"""Requests to stop, on their way from the parent to the trials that run on other machines."""

import asyncio
from collections import defaultdict
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

MOST_TRIALS = 100_000  # that may wait for a request at the same time


class StopRequests:
    """An actor of Ray: a trial asks once, and gets its answer when it is to stop. It ends with the parent."""

    def __init__(self) -> None:
        self._asked: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def stop(self, name: str) -> None:
        """Let this trial save and end."""
        self._asked[name].set()

    async def wait(self, name: str) -> None:
        """Return when this trial is to stop."""
        await self._asked[name].wait()


def stop_requests() -> Any:
    """Start the actor, on the parent's own node: it needs no other to live."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    options = {"num_cpus": 0, "max_concurrency": MOST_TRIALS, "scheduling_strategy": here}
    return ray.remote(StopRequests).options(**options).remote()
