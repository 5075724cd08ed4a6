"""Ray's own cluster of several nodes on this machine, for tests: a head that trains nothing, and nodes beside it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from ablations.executors.ray_cluster.connection import QUIET

ROOT = Path(__file__).parents[4]


class SmallRay:
    """A running cluster. `address`: of its head; `nodes`: what trains."""

    def __init__(self, *nodes: dict[str, Any]) -> None:
        from ray.cluster_utils import Cluster

        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        self.address: str = self.cluster.address
        self.nodes: list[Any] = []
        for node in nodes:
            self.add(**node)

    def add(self, **node: Any) -> None:
        """Start one more node."""
        self.nodes.append(self.cluster.add_node(**node))

    def kill(self, node: int) -> None:
        """End this node's raylet at once, as when its machine loses power."""
        self.nodes[node].all_processes["raylet"][0].process.kill()

    def workers(self) -> list[psutil.Process]:
        """Ray's worker processes that are busy with a task or an actor, on all nodes."""
        return [process for process in self._processes() if re.match(r"ray::(?!IDLE|\w+Agent)", _title(process))]

    def trainers(self) -> list[psutil.Process]:
        """The processes that train, on all nodes: children of the fork servers that Ray's workers have."""
        servers = [process for process in self._processes() if _title(process).startswith("ray::")]
        grandchildren = [trainer for worker in servers for child in worker.children() for trainer in child.children()]
        return [process for process in grandchildren if "forkserver" in _title(process)]

    def _processes(self) -> list[psutil.Process]:
        raylets = [node.all_processes["raylet"][0].process.pid for node in [self.cluster.head_node, *self.nodes]]
        return [
            process
            for raylet in raylets
            if psutil.pid_exists(raylet)
            for process in psutil.Process(raylet).children(recursive=True)
        ]


def on_the_way(exchange: Path) -> list[Path]:
    """Files of trials in an exchange; images and weights stay there for the next ones."""
    return [path for path in exchange.rglob("*") if path.is_file() and "trials" in path.relative_to(exchange).parts]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextmanager
def small_ray(*nodes: dict[str, Any]) -> Iterator[SmallRay]:
    """Start a cluster with these nodes, such as {"num_cpus": 1}, and end it with everything that runs there."""
    former = dict(os.environ)
    os.environ.update(QUIET, PYTHONPATH=str(ROOT))
    import ray

    cluster = SmallRay(*nodes)
    try:
        yield cluster
    finally:
        ray.shutdown()
        cluster.cluster.shutdown()
        os.environ.clear()
        os.environ.update(former)
