"""What the nodes of the cluster have, and how many trials fit on them."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray

from ablations.study.cluster import ClusterNeeds
from gan_core.problems import Problem, UserError

GB = 1e9
EVERY_S = 2.0  # how often the cluster is asked for its nodes
WAITING = 4  # trials that wait for a node where the cluster makes nodes for those who wait
FLAG = "--cluster"
GROUP = "ray.io/node-group"  # label of nodes that an autoscaler has started, or may end
SHOWN = 8  # nodes in a message


@dataclass(frozen=True)
class Node:
    """A machine of the cluster, with what it has in all, free or not: Ray's names, memory in bytes.

    `group`: of nodes that are started and ended as they are needed; '' where somebody has started it by hand.
    """

    id: str
    host: str
    resources: Mapping[str, float]
    group: str = ""

    def __str__(self) -> str:
        gpus = f", {self.resources['GPU']:g} GPU" if self.resources.get("GPU") else ""
        types = "".join(f" {kind.partition(':')[2]}" for kind in self.resources if kind.startswith("accelerator_type:"))
        memory = f", {self.resources.get('memory', 0) / GB:.0f} GB"
        return f"{self.host} ({self.resources.get('CPU', 0):g} CPU{gpus}{types}{memory})"

    def places(self, needs: ClusterNeeds) -> int:
        """How many trials fit on this node next to each other."""
        if needs.accelerator is not None and f"accelerator_type:{needs.accelerator}" not in self.resources:
            return 0
        fits = [self.resources.get("CPU", 0) / needs.cpus]
        if needs.gpus:
            gpus = self.resources.get("GPU", 0)
            fits.append(gpus * needs.trials_a_gpu if needs.gpus < 1 else gpus / needs.gpus)
        if needs.memory_gb is not None:
            fits.append(self.resources.get("memory", 0) / (needs.memory_gb * GB))
        return math.floor(min(fits) + 1e-9)


def alive() -> list[Node]:
    """The nodes that the cluster has now."""
    return [
        Node(node["NodeID"], node["NodeManagerHostname"], node["Resources"], node.get("Labels", {}).get(GROUP, ""))
        for node in ray.nodes()
        if node["Alive"]
    ]


def makes_nodes(nodes: Sequence[Node]) -> bool:
    """Whether the cluster may start nodes for tasks that wait, as those of `ray up` and KubeRay do."""
    return any(node.group for node in nodes)


def task_options(needs: ClusterNeeds, whole_gpu: bool = False, avoided: str = "") -> dict[str, Any]:
    """What a trial asks of Ray. `whole_gpu`: it shares its GPU with nobody, whatever the needs say.

    `avoided`: the id of a node that is to be the last choice.
    """
    options: dict[str, Any] = {
        "num_cpus": needs.cpus,
        "num_gpus": max(1.0, needs.gpus) if whole_gpu else needs.gpus,
    }
    if needs.memory_gb is not None:
        options["memory"] = round(needs.memory_gb * GB)
    if needs.accelerator is not None:
        options["accelerator_type"] = needs.accelerator
    if avoided:
        options["label_selector"] = {"ray.io/node-id": f"!{avoided}"}
        options["fallback_strategy"] = [{"label_selector": {}}]
    return options


class Capacity:
    """How many trials may be with the cluster at the same time."""

    def __init__(self, needs: ClusterNeeds) -> None:
        """Raises UserError where no node can take a trial, and the cluster starts none."""
        self.needs = needs
        self._asked, self._nodes = time.monotonic(), alive()
        if not makes_nodes(self._nodes) and not self.fitting():
            raise UserError(too_much(needs, self._nodes))

    def fitting(self) -> list[Node]:
        """The nodes that can take a trial."""
        if time.monotonic() > self._asked + EVERY_S:
            self._asked, self._nodes = time.monotonic(), alive()
        return [node for node in self._nodes if node.places(self.needs)]

    def places(self) -> int:
        """As many as fit, and a few more where the cluster makes nodes for those who wait; one at least.

        Nodes that are busy with the work of others count as if they were free: trials wait for them.
        """
        fit = sum(node.places(self.needs) for node in self.fitting())
        most = fit + WAITING if makes_nodes(self._nodes) else max(1, fit)
        return most if self.needs.workers is None else min(most, self.needs.workers)

    def told(self) -> tuple[int | None, str]:
        """How many trials fit, and where, in words; None where the cluster makes nodes for those who wait."""
        nodes = self.fitting()
        fit = sum(node.places(self.needs) for node in nodes)
        room = f"{'1 node has' if len(nodes) == 1 else f'{len(nodes)} nodes have'} room for {fit}"
        if makes_nodes(self._nodes):
            room = room if fit else "no node has room for one"
            return None, f"at most; of the Ray cluster {room} now, and trials wait for more"
        return self.places(), f"of the Ray cluster {room}"


def too_much(needs: ClusterNeeds, nodes: Sequence[Node]) -> Problem:
    kind = f" of type {needs.accelerator}" if needs.accelerator else ""
    asked = [f"{needs.cpus} CPU"]
    asked += [f"{needs.gpus:g} GPU{kind}"] if needs.gpus or kind else []
    asked += [f"{needs.memory_gb:g} GB of memory"] if needs.memory_gb else []
    more = f" and {len(nodes) - SHOWN} more" if len(nodes) > SHOWN else ""
    allowed = f"what one of its nodes has: {'; '.join(map(str, nodes[:SHOWN]))}{more}"
    return Problem(f"no node of the Ray cluster has {', '.join(asked)} for a trial", (FLAG,), allowed)
