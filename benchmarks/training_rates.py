"""Images a second of the tutorial's loop and of the trainer, in turn.

    python -m benchmarks.training_rates [--repeats N] [--seconds S] [--threads 1,2]

Each way is a process of its own that waits while the others run: the loop of PyTorch's DCGAN tutorial with a DataLoader
of two more processes, in float32; and the trainer in float32 and in bf16, reading its data and the means of each tick.
Both have the same networks, with the tutorial's memory layout in the one and ours in the other. Random images: the
speed does not depend on what they show. Each repeat goes once through all ways, and a ratio is within a repeat.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from benchmarks.tutorial_loop import tutorial_steps
from gan_core.config import resolve
from gan_core.machine.cores import cores
from gan_core.machine.readiness import ready_to_train
from gan_core.training.build import build
from gan_core.training.numerics import training_arithmetic
from gan_core.training.step import train_step

BATCH, IMAGES, WARM_UP = 64, 20_000, 3
STEPS_A_TICK = 25
SHAPES = {"32x32 width 16": (32, 16), "32x32 width 32": (32, 32), "64x64 width 64": (64, 64)}
TUTORIAL = "tutorial"
GOALS = {"float32": 1.4, "bf16": 2.5}  # of the precision, over the tutorial in float32
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Rate:
    """`images_s`: of each repeat; `tutorial`: the tutorial's in the same repeats."""

    shape: str
    threads: int
    precision: str
    images_s: tuple[float, ...]
    tutorial: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median over repeats."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.images_s, self.tutorial, strict=True))

    @property
    def is_reached(self) -> bool:
        return self.ratio >= GOALS[self.precision]


def measure(repeats: int = 4, seconds: float = 3.0, threads: tuple[int, ...] = ()) -> Iterator[Rate]:
    """Every shape and precision on so many threads: by default on one, as trials run, and on all cores."""
    ways = (TUTORIAL, *GOALS)
    for count in threads or tuple(dict.fromkeys((1, cores()))):
        for shape in SHAPES:
            with started(shape, ways, count) as lines:
                found: dict[str, list[float]] = {way: [] for way in ways}
                for _ in range(repeats):
                    for way in ways:
                        lines[way].send(seconds)
                        found[way].append(lines[way].recv())
            for precision in GOALS:
                yield Rate(shape, count, precision, tuple(found[precision]), tuple(found[TUTORIAL]))


@contextmanager
def started(shape: str, ways: tuple[str, ...], threads: int) -> Iterator[dict[str, Connection]]:
    """A process for each way, warm and waiting for a number of seconds; it answers with images a second."""
    usual, context = multiprocessing.get_start_method(), multiprocessing.get_context("spawn")
    lines, children = {}, []
    for way in ways:
        lines[way], theirs = context.Pipe()
        children.append(context.Process(target=serve, args=(theirs, shape, way, threads, usual)))
        children[-1].start()
        assert lines[way].recv() == "ready"
    try:
        yield lines
    finally:
        for line in lines.values():
            line.send(None)
        for child in children:
            child.join()


def serve(line: Connection, shape: str, way: str, threads: int, start_method: str) -> None:
    """Warm up, then train for as long as the line says, until it says None.

    `start_method`: of a DataLoader's processes in a program of its own; a spawned one would spawn them at each epoch.
    """
    multiprocessing.set_start_method(start_method, force=True)
    step = tutorial(*SHAPES[shape], threads) if way == TUTORIAL else ours(*SHAPES[shape], threads, way)
    for _ in range(WARM_UP):
        next(step)
    line.send("ready")
    while (seconds := line.recv()) is not None:
        began, steps = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            next(step)
            steps += 1
        line.send(steps * BATCH / (time.perf_counter() - began))


def settings(size: int, width: int) -> dict[str, Any]:
    return {"data": "shapes", "image_size": size, "width": width, "batch_size": BATCH, "budget_kimg": 1000}


def random_images(size: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """uint8 [20000 3 size size]."""
    return np.random.default_rng(0).integers(0, 256, (IMAGES, 3, size, size), dtype=np.uint8)


def tutorial(size: int, width: int, threads: int) -> Iterator[object]:
    """The tutorial's steps."""
    torch.set_num_threads(threads)
    config = resolve(settings(size, width))
    state = build(config, random_images(size), CPU)
    nets = [net.to(memory_format=torch.contiguous_format) for net in (state.G, state.D)]  # type: ignore[call-overload]
    return tutorial_steps(*nets, random_images(size), BATCH, config.latent_dim, CPU)


def ours(size: int, width: int, threads: int, precision: str) -> Iterator[object]:
    """The trainer's steps, with the means read at each tick."""
    ready_to_train(threads)
    state = build(resolve({**settings(size, width), "precision": precision}), random_images(size), CPU)
    with training_arithmetic(state.config, CPU):
        while True:
            train_step(state)
            if state.clock.step % STEPS_A_TICK == 0:
                state.meter.take()
            yield None


def table(rates: list[Rate]) -> str:
    """The rates in Markdown."""
    head = "| DCGAN, batch 64 | threads | format | tutorial [images/s] | ours [images/s] | ratio | goal | reached |\n"
    lines = (
        f"| {rate.shape} | {rate.threads} | {rate.precision} | {statistics.median(rate.tutorial):,.0f} "
        f"| {statistics.median(rate.images_s):,.0f} | {rate.ratio:.2f} | {GOALS[rate.precision]:g} "
        f"| {'yes' if rate.is_reached else 'no'} |"
        for rate in rates
    )
    return head + "|---|---|---|---|---|---|---|---|\n" + "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--threads", default="", help="numbers of threads, such as 1,2")
    arguments = parser.parse_args()
    threads = tuple(int(count) for count in arguments.threads.split(",") if count)
    print(table(list(measure(arguments.repeats, arguments.seconds, threads))))


if __name__ == "__main__":
    main()
