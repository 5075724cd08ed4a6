"""What runs on a node of the cluster, in a worker process of Ray: one trial, and the check before all of them.

Ray finds these functions by name in what is installed on the node. Each trial trains in a process of its own from the
worker's fork server, so that a worker serves one trial after another, 0.06 s each (a new worker for each, by
`max_calls=1`, would import the trainer for 4 s), and the memory of its GPU is free when the trial has ended.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import ray

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.scratch import landed, settled
from ablations.executors.elsewhere.shipped import ShippedJob, refuse_other_code
from gan_core.machine.versions import code_digest
from gan_core.problems import UserError
from gan_core.workers.job import Report
from gan_core.workers.patience import Patience
from gan_core.workers.pool import Pool

GPUS = "CUDA_VISIBLE_DEVICES"
FILES_ALLOWED = "--files FOLDER, one that all nodes share, or --files s3://BUCKET/FOLDER, gs://BUCKET/FOLDER"
CODE_ALLOWED = "gan-ablations installed on all nodes, in one version"


@dataclass(frozen=True)
class Began:
    """The first word of a trial: it has a place, on this node."""

    node: str
    host: str


@dataclass(frozen=True)
class Manner:
    """How trials train. `trainer`: a `Trainer`, as 'package.module:function'; `threads`: of the CPU."""

    trainer: str
    device: str
    threads: int
    patience: Patience


def train(job: ShippedJob, manner: Manner, requests: Any) -> Iterator[Began | Report]:
    """Train the job on this node, and say what happens. `requests`: the `StopRequests` of the parent.

    Whatever ends the connection to the parent lets the trial save and end. Raises UserError where this node has
    another trainer than the parent.
    """
    context = ray.get_runtime_context()
    refuse_other_code(job)
    yield Began(context.get_node_id(), socket.gethostname())
    _keep_workers_program_out()
    gpus = context.get_accelerator_ids().get("GPU", []) if manner.device != "cpu" else []
    environment = (*job.environment, *(((GPUS, ",".join(gpus)),) if gpus else ()))
    here = replace(landed(job), environment=environment)
    pool = Pool(manner.trainer, 1, (manner.device,), manner.threads, manner.patience)
    with closing(pool.run(iter([here]), _asked(requests, job.attempt))) as reports:
        for report in reports:
            yield settled(here, report)


def refusal(exchange: str, token: str, code: str) -> tuple[str, str]:
    """Why this node can't train trials, and what is allowed instead, in words; '' and '' where it can.

    `token`: the path of a file that the parent has left in the exchange; where it is seen, another one is written.
    """
    if code != code_digest():
        return f"its trainer's source is {code_digest()}, here it is {code}", CODE_ALLOWED
    try:
        files = Exchange(exchange)
        if not files.exists(token):
            return f"does not see {exchange} as this machine does", FILES_ALLOWED
        files.put_bytes(answer_path(token, ray.get_runtime_context().get_node_id()), code.encode())
    except UserError as error:
        return str(error), FILES_ALLOWED
    return "", ""


def answer_path(token: str, node: str) -> str:
    """The file that a node leaves in the exchange to show that it can."""
    return f"{token}-{node}"


def _asked(requests: Any, attempt: str) -> Callable[[], bool]:
    """Whether the parent wants this attempt to stop, or is gone."""
    answer = requests.wait.remote(attempt)
    return lambda: bool(ray.wait([answer], timeout=0)[0])


def _keep_workers_program_out() -> None:
    """Multiprocessing has each child run the program of its parent again, by its file: here Ray's, 0.2 s a trial."""
    sys.modules["__main__"].__file__ = None
