"""Trials next to each other on one GPU, each in a process of its own: how fast together, in how much memory."""

import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core.config import resolve
from gan_core.evaluation.extractors import find
from gan_core.evaluation.features import extract
from gan_core.training.build import build
from gan_core.training.captured import learner
from gan_core.training.numerics import training_arithmetic
from gan_core.training.step import train_step

IMAGES, WARM_UP = 5000, 20
EXTRACTOR = "inception"  # takes the most memory
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Together:
    """`eager`, `captured`: images a second of all, the latter 0 without a GPU; memory of all in bytes, 0 without one.

    `training`: while they train; `scoring`: after each of them has also had Inception's features of a batch.
    """

    trials: int
    eager: float
    captured: float
    training: int
    scoring: int


def side_by_side(
    settings: Mapping[str, Any], device: str, counts: tuple[int, ...], seconds: float, environment: Mapping[str, str]
) -> Iterator[Together]:
    """For each number of trials of these settings, measured for so many seconds; one process a trial, one thread each.

    `environment`: what CUDA reads in each of them.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "torch_fidelity.feature_extractor_inceptionv3"])
    for count in counts:
        barrier, queue = context.Barrier(count + 1), context.Queue()
        free = _free(device)
        arguments = (dict(settings), device, seconds, dict(environment), barrier, queue)
        children = [context.Process(target=_child, args=arguments) for _ in range(count)]
        for child in children:
            child.start()
        try:
            rates, memory = {}, []
            for way in _ways(device):
                barrier.wait(PATIENCE_S)  # all are ready
                rates[way] = sum(queue.get(timeout=PATIENCE_S) for _ in range(count))
            for _ in ("training", "scoring"):
                barrier.wait(PATIENCE_S)  # all have come so far, and wait
                memory.append(free - _free(device))
                barrier.wait(PATIENCE_S)
            yield Together(count, rates[False], rates.get(True, 0.0), *memory)
        finally:
            for child in children:
                child.join(PATIENCE_S)
                child.kill()


def _child(
    settings: dict[str, Any], device_name: str, seconds: float, environment: dict[str, str], barrier: Any, queue: Any
) -> None:
    os.environ.update(environment)
    torch.set_num_threads(1)
    device = torch.device(device_name)
    try:
        for captured in _ways(device_name):
            config = resolve({**settings, "cuda_graphs": captured})
            images = np.random.default_rng(0).integers(0, 256, (IMAGES, 3, *config.shape), dtype=np.uint8)
            state = build(config, images, device)
            learn = learner(state)
            with training_arithmetic(config, device):
                for _ in range(WARM_UP):
                    train_step(state, learn)
                state.meter.take()  # waits for the device
                barrier.wait(PATIENCE_S)
                began, steps = time.perf_counter(), 0
                while time.perf_counter() - began < seconds:
                    train_step(state, learn)
                    steps += 1
                state.meter.take()
                rate = steps * config.batch_size / (time.perf_counter() - began)
            queue.put(rate)
        _meet(barrier)
        extractor = find(EXTRACTOR)
        network = extractor.untrained(device)
        extract(network, torch.from_numpy(images[: extractor.batch]).to(device)).features.sum().item()
        _meet(barrier)
    except Exception:
        barrier.abort()  # nobody waits for this one
        raise


def _meet(barrier: Any) -> None:
    """Wait until the parent has looked."""
    barrier.wait(PATIENCE_S)
    barrier.wait(PATIENCE_S)


def _ways(device: str) -> tuple[bool, ...]:
    return (False, True) if device.startswith("cuda") else (False,)


def _free(device: str) -> int:
    return int(torch.cuda.mem_get_info(device)[0]) if device.startswith("cuda") else 0


@contextmanager
def mps() -> Iterator[dict[str, str]]:
    """NVIDIA's Multi-Process Service for the body's time: what CUDA has to find in the environment of its clients.

    Raises where it can't be started.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {"CUDA_MPS_PIPE_DIRECTORY": f"{folder}/pipe", "CUDA_MPS_LOG_DIRECTORY": f"{folder}/log"}
        for place in environment.values():
            Path(place).mkdir()
        command, everything = ["nvidia-cuda-mps-control"], {**os.environ, **environment}
        subprocess.run([*command, "-d"], check=True, capture_output=True, timeout=20, env=everything)
        try:
            yield environment
        finally:
            subprocess.run(command, input="quit\n", text=True, capture_output=True, timeout=30, env=everything)
