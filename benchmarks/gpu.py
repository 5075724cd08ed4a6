"""What a GPU makes of the trainer, in at most eight minutes.

    python -m benchmarks.gpu [--device cpu] [--out FILE.md]

Whether captured steps train as eager ones do; images a second of the tutorial's loop and of ours: as it is, with TF32,
in channels_last, in bf16, and with each update captured as a CUDA graph; Inception's features; then up to 16 trials
next to each other on one GPU, with and without NVIDIA MPS. Random images: the speed does not depend on what they show.
"""

import argparse
import multiprocessing
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.tutorial_loop import tutorial_steps
from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.evaluation.extractors.inception import Inception
from gan_core.evaluation.features import extract
from gan_core.training.build import State, build
from gan_core.training.captured import Captured
from gan_core.training.recorders import CudaRecorder
from gan_core.training.step import Learn, learn, train_step

SHAPES = {"32x32 width 16": (32, 16), "32x32 width 64": (32, 64), "64x64 width 64": (64, 64)}
BATCH = 64
IMAGES = 5000
TOGETHER = (1, 2, 4, 8, 16)
EQUAL_STEPS = 20
FEATURES, INCEPTION_BATCH, SCORED = 2048, 50, 10_000


def settings(size: int, width: int) -> dict[str, Any]:
    return {"data": "shapes", "image_size": size, "width": width, "batch_size": BATCH, "budget_kimg": 1000}


def images_of(size: int) -> ImageArray:
    return np.random.default_rng(0).integers(0, 256, (IMAGES, 3, size, size), dtype=np.uint8)


def state_of(
    size: int, width: int, device: torch.device, channels_last: bool = False, precision: str = "float32"
) -> State:
    state = build(resolve({**settings(size, width), "precision": precision}), images_of(size), device)
    if channels_last:
        state.G.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        state.D.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return state


def rate(step: Callable[[], object], device: torch.device, seconds: float, warm_up: int = 5) -> float:
    """Images a second: the median over five windows, after a few steps that do not count."""
    for _ in range(warm_up):
        step()
    wait_for(device)
    rates = []
    for _ in range(5):
        began, steps = time.perf_counter(), 0
        while time.perf_counter() - began < seconds / 5:
            step()
            steps += 1
        wait_for(device)
        rates.append(steps * BATCH / (time.perf_counter() - began))
    return statistics.median(rates)


def wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def tf32(on: bool) -> None:
    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on


def tutorial(size: int, width: int, device: torch.device, seconds: float) -> float:
    tf32(True)  # torch's default for convolutions
    state = state_of(size, width, device)
    steps = tutorial_steps(state.G, state.D, images_of(size), BATCH, state.config.latent_dim, device)
    return rate(lambda: next(steps), device, seconds)


def ours(
    size: int, width: int, device: torch.device, seconds: float, *, tf: bool, last: bool, bf16: bool, graph: bool
) -> float:
    tf32(tf)
    torch.backends.cudnn.benchmark = graph or last
    state = state_of(size, width, device, last, "bf16" if bf16 else "float32")
    way: Learn = Captured(state, CudaRecorder(device)) if graph else learn
    return rate(lambda: train_step(state, way), device, seconds)


WAYS = {
    "ours, float32": {"tf": False, "last": False, "bf16": False, "graph": False},
    "ours, TF32": {"tf": True, "last": False, "bf16": False, "graph": False},
    "ours, TF32, channels_last": {"tf": True, "last": True, "bf16": False, "graph": False},
    "ours, bf16, channels_last": {"tf": True, "last": True, "bf16": True, "graph": False},
    "captured, TF32": {"tf": True, "last": False, "bf16": False, "graph": True},
    "captured, bf16, channels_last": {"tf": True, "last": True, "bf16": True, "graph": True},
}


def one_at_a_time(device: torch.device, seconds: float, say: Callable[[str], None]) -> None:
    say("\n## One trial, images a second\n\n| way | " + " | ".join(SHAPES) + " |\n|---|" + "---|" * len(SHAPES))
    base = {name: tutorial(*shape, device, seconds) for name, shape in SHAPES.items()}
    say("| tutorial loop | " + " | ".join(f"{base[name]:,.0f}" for name in SHAPES) + " |")
    for way, options in WAYS.items():
        if options["graph"] and device.type != "cuda":
            continue
        cells = []
        for name, shape in SHAPES.items():
            try:
                images = ours(*shape, device, seconds, **options)
                cells.append(f"{images:,.0f} ({images / base[name]:.2f}x)")
            except Exception as error:  # a way that this torch can't go is a result
                cells.append(f"{type(error).__name__}: {str(error).splitlines()[0][:80]}")
        say(f"| {way} | " + " | ".join(cells) + " |")


def equality(device: torch.device, say: Callable[[str], None]) -> None:
    """Largest difference of a weight between eager and captured training, from the same start on the same batches."""
    tf32(False)
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = False, True
    states = [state_of(32, 16, device) for _ in range(3)]
    captured = Captured(states[0], CudaRecorder(device))
    parted: dict[str, int] = {}
    largest = {"captured": 0.0, "eager again": 0.0}
    for number in range(1, EQUAL_STEPS + 1):
        train_step(states[0], captured)
        for other in states[1:]:
            train_step(other)
        for label, other in (("captured", states[0]), ("eager again", states[2])):
            difference = max(
                float((p - q).abs().max()) for p, q in zip(states[1].G.parameters(), other.G.parameters(), strict=True)
            )
            largest[label] = max(largest[label], difference)
            if difference:
                parted.setdefault(label, number)
    say("\n## The same training?\n")
    for label, difference in largest.items():
        when = f"parts at step {parted[label]}" if label in parted else "the same bits"
        say(f"- {label} against eager, {EQUAL_STEPS} steps, G's weights: {when}, largest difference {difference:.1e}")
    torch.backends.cudnn.deterministic = False


def _together(number: int, count: int, barrier: Any, seconds: float, device_name: str, queue: Any) -> None:
    device = torch.device(device_name)
    torch.set_num_threads(1)
    tf32(True)
    for graph in (False, True) if device.type == "cuda" else (False,):
        state = state_of(32, 16, device)
        way: Learn = Captured(state, CudaRecorder(device)) if graph else learn
        for _ in range(20):
            train_step(state, way)
        wait_for(device)
        barrier.wait()
        began, steps = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            train_step(state, way)
            steps += 1
        wait_for(device)
        queue.put((graph, steps * BATCH / (time.perf_counter() - began)))
        barrier.wait()


def side_by_side(device: torch.device, seconds: float, counts: tuple[int, ...]) -> Iterator[tuple[int, float, float]]:
    """For each count: images a second of all processes together, eager and captured (0 without a GPU)."""
    context = multiprocessing.get_context("spawn")
    for count in counts:
        barrier, queue = context.Barrier(count), context.Queue()
        arguments = [(number, count, barrier, seconds, str(device), queue) for number in range(count)]
        children = [context.Process(target=_together, args=each) for each in arguments]
        for child in children:
            child.start()
        ways = 2 if device.type == "cuda" else 1
        sums = {False: 0.0, True: 0.0}
        for _ in range(ways * count):
            graph, images = queue.get(timeout=120)
            sums[graph] += images
        for child in children:
            child.join()
        yield count, sums[False], sums[True]


@contextmanager
def mps() -> Iterator[None]:
    """NVIDIA's Multi-Process Service for the body's time. Raises where it can't be started."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"CUDA_MPS_PIPE_DIRECTORY": f"{folder}/pipe", "CUDA_MPS_LOG_DIRECTORY": f"{folder}/log"}
        for place in environment.values():
            Path(place).mkdir()
        os.environ |= environment
        try:
            subprocess.run(["nvidia-cuda-mps-control", "-d"], check=True, capture_output=True, timeout=20)
            yield
        finally:
            subprocess.run(
                ["nvidia-cuda-mps-control"], input="quit\n", text=True, capture_output=True, timeout=30, check=False
            )
            for name in environment:
                os.environ.pop(name, None)


def together(device: torch.device, seconds: float, counts: tuple[int, ...], say: Callable[[str], None]) -> None:
    say("\n## Trials next to each other, 32x32 width 16, images a second of all\n")
    say("| | trials | eager | against one | captured | against one |\n|---|---|---|---|---|---|")
    for label, service in (("plain", nullcontext), ("MPS", mps)):
        if label == "MPS" and device.type != "cuda":
            continue
        try:
            with service():
                first: tuple[float, float] | None = None
                for count, eager, graph in side_by_side(device, seconds, counts):
                    first = first or (eager, graph)
                    ratios = [
                        f"{now:,.0f} | {now / one:.2f}x" if one else "| "
                        for now, one in zip((eager, graph), first, strict=True)
                    ]
                    say(f"| {label} | {count} | {ratios[0]} | {ratios[1]} |")
        except Exception as error:  # no MPS on this machine is a result
            say(f"| {label} | | {type(error).__name__}: {str(error)[:100]} | | | |")


def inception(device: torch.device, seconds: float, say: Callable[[str], None]) -> None:
    """Features of generated images for a FID; with random weights, which take as long."""
    network = Inception(FEATURES).to(device).eval()
    images = torch.from_numpy(images_of(32)[:INCEPTION_BATCH]).to(device)
    per_second = rate(lambda: extract(network, images), device, seconds, warm_up=1) / BATCH * INCEPTION_BATCH
    say("\n## Inception\n")
    say(f"Batch {INCEPTION_BATCH}: {per_second:,.0f} images a second, {SCORED / per_second:,.1f} s for {SCORED:,}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds that each number is measured for")
    parser.add_argument("--together", default=",".join(map(str, TOGETHER)), help="numbers of trials next to each other")
    parser.add_argument("--out", type=Path, help="write the tables to this file too")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)
        if arguments.out:
            arguments.out.write_text("\n".join(lines) + "\n")

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    say(f"# The trainer on {name}\n\ntorch {torch.__version__}, batch {BATCH}, from `python -m benchmarks.gpu`.")
    if device.type == "cuda":
        equality(device, say)
    one_at_a_time(device, arguments.seconds, say)
    inception(device, arguments.seconds, say)
    together(device, arguments.seconds, tuple(int(n) for n in arguments.together.split(",")), say)


if __name__ == "__main__":
    main()
