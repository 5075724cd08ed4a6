"""Before anything trains: every node has the same trainer, and files travel between it and this machine."""

import uuid
from collections.abc import Sequence

import ray
from ray.exceptions import GetTimeoutError, NodeDiedError, RayError, RayTaskError, TaskUnschedulableError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ablations.executors.elsewhere.exchange import CHECKED, Exchange, ExchangeError
from ablations.executors.ray_cluster.capacity import Node
from ablations.executors.ray_cluster.on_node import CODE_ALLOWED, FILES_ALLOWED, answer_path, refusal
from gan_core.machine.versions import code_digest
from gan_core.problems import Problem, UserError

ANSWER_S = 120.0  # a node starts a process for the answer, which imports what is installed there


def check_nodes(nodes: Sequence[Node], exchange: Exchange) -> None:
    """Raise UserError with all that keeps these nodes from training trials.

    A node that has gone meanwhile keeps nobody from it, unless all have.
    """
    exchange.check()
    token = f"{CHECKED}/{uuid.uuid4().hex}"
    exchange.put_bytes(token, code_digest().encode())
    problems, gone = list[Problem](), list[Node]()
    try:
        for node, answer in [(node, _ask(node, exchange, token)) for node in nodes]:
            try:
                problem = _problem(node, answer, exchange, token)
            except (NodeDiedError, TaskUnschedulableError):
                gone.append(node)
            else:
                problems += [problem] if problem else []
    finally:
        for path in (token, *(answer_path(token, node.id) for node in nodes)):
            exchange.remove(path)
    if problems:
        raise UserError(*problems)
    if gone and len(gone) == len(nodes):
        raise UserError(*(Problem(f"node {node.host} of the Ray cluster is gone") for node in gone))


def _ask(node: Node, exchange: Exchange, token: str) -> "ray.ObjectRef[tuple[str, str]]":
    there = NodeAffinitySchedulingStrategy(node.id, soft=False)
    asking = ray.remote(refusal).options(num_cpus=0, max_retries=1, scheduling_strategy=there, name="check")
    return asking.remote(exchange.uri, token, code_digest())


def _problem(node: Node, answer: "ray.ObjectRef[tuple[str, str]]", exchange: Exchange, token: str) -> Problem | None:
    where = f"node {node.host}"
    try:
        why, allowed = ray.get(answer, timeout=ANSWER_S)
    except GetTimeoutError:
        return Problem(f"{where} has not answered for {ANSWER_S:.0f} s")
    except RayTaskError as error:
        return Problem(f"{where}: {_last_line(error)}", allowed=CODE_ALLOWED)
    except (NodeDiedError, TaskUnschedulableError):
        raise
    except RayError as error:
        return Problem(f"{where}: {_last_line(error)}")
    if why:
        return Problem(f"{where}: {why}", allowed=allowed)
    try:
        exchange.get_bytes(answer_path(token, node.id))
    except ExchangeError:
        message = f"{where} and this machine see different folders at {exchange.uri}"
        return Problem(message, allowed=FILES_ALLOWED)
    return None


def _last_line(error: RayError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
