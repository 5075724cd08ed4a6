"""Where the time of a training step goes: operators, and the share of the machine's rate.

    python -m benchmarks.step_operators [--steps N]

One thread, CPU seconds, so that what else runs hardly counts. Each operator of torch is timed; what is left of the step
is Python and the bookkeeping of autograd. The machine's rate is that of a product of two 1024 x 1024 matrices in the
same format, or of a 3x3 convolution over 256 channels, whichever is faster: other libraries compute them.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import conv2d
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training_rates import CPU, SHAPES, random_images, settings
from gan_core.config import resolve
from gan_core.machine.readiness import ready_to_train
from gan_core.training.build import build
from gan_core.training.step import train_step

WARM_UP, SIDE, CHANNELS = 3, 1024, 256
FORMATS = {"float32": torch.float32, "bf16": torch.bfloat16}
KINDS = {
    "convolution_backward": "convolutions, backward",
    "convolution": "convolutions, forward",
    "native_batch_norm": "batch normalisation",
    "native_batch_norm_backward": "batch normalisation",
    "tanh": "tanh",
    "tanh_backward": "tanh",
    "_fused_adam_": "Adam",
    "mm": "matrix products",
    "addmm": "matrix products",
    "clone": "copies into another layout",
    "_to_copy": "copies into another format",
}
REST = "everything else that torch does"


@dataclass(frozen=True)
class Step:
    """`parts`: CPU ms a step by kind of operator; `ms`: of the whole step, measured without the timers."""

    shape: str
    precision: str
    ms: float
    parts: dict[str, float]
    gflop: float  # of a step: two for a multiplication and an addition
    machine_gflops: float  # a second, of the fastest product that it has

    @property
    def gflops(self) -> float:
        """A second, of the whole step."""
        return self.gflop / self.ms * 1000

    @property
    def share(self) -> float:
        """Of the machine's rate."""
        return self.gflops / self.machine_gflops


class Timers(TorchDispatchMode):
    """CPU seconds of each call, by operator."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        began = time.process_time()
        result = func(*args, **(kwargs or {}))
        self.seconds[func.overloadpacket.__name__].append(time.process_time() - began)
        return result


def measure(steps: int = 20) -> list[Step]:
    """Every shape in every format."""
    ready_to_train(1)
    return [step_of(shape, precision, steps) for shape in SHAPES for precision in FORMATS]


def step_of(shape: str, precision: str, steps: int) -> Step:
    """The operators of one configuration; fewer steps where they take long."""
    size, width = SHAPES[shape]
    state = build(resolve({**settings(size, width), "precision": precision}), random_images(size), CPU)
    for _ in range(WARM_UP):
        train_step(state)
    with FlopCounterMode(display=False) as counter:
        train_step(state)
    ms = cpu_ms(lambda: train_step(state), steps)
    timers = Timers()
    with timers:
        for _ in range(steps):
            train_step(state)
    parts: dict[str, float] = defaultdict(float)
    for name, seconds in timers.seconds.items():
        parts[KINDS.get(name, REST)] += statistics.median(seconds) * len(seconds) / steps * 1000
    rate = matrix_gflops(FORMATS[precision])
    return Step(shape, precision, ms, dict(parts), counter.get_total_flops() / 1e9, rate)


def cpu_ms(call: Callable[[], object], times: int) -> float:
    """The median of so many calls."""
    found = []
    for _ in range(times):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return statistics.median(found) * 1000


def matrix_gflops(dtype: torch.dtype) -> float:
    """A second, of one thread."""
    a, b = torch.randn(2, SIDE, SIDE).to(dtype)
    maps, kernel = (
        torch.randn(shape).to(dtype).contiguous(memory_format=torch.channels_last)
        for shape in ((16, CHANNELS, 16, 16), (CHANNELS, CHANNELS, 3, 3))
    )
    product = 2 * SIDE**3 / cpu_ms(lambda: a @ b, 15)
    convolution = 2 * 16 * CHANNELS * 16 * 16 * CHANNELS * 9 / cpu_ms(lambda: conv2d(maps, kernel, padding=1), 15)
    return max(product, convolution) / 1e6


def table(steps: list[Step]) -> str:
    """The steps in Markdown, kinds of operators as rows."""
    kinds = [*dict.fromkeys(KINDS.values()), REST]
    lines = [f"| CPU ms a step, one thread | {' | '.join(f'{s.shape}, {s.precision}' for s in steps)} |"]
    lines.append("|---|" + "---|" * len(steps))
    lines.append("| the whole step | " + " | ".join(f"{step.ms:.1f}" for step in steps) + " |")
    for kind in kinds:
        lines.append(f"| {kind} | " + " | ".join(f"{step.parts.get(kind, 0):.1f}" for step in steps) + " |")
    lines.append("| GFLOP a step | " + " | ".join(f"{step.gflop:.1f}" for step in steps) + " |")
    lines.append("| GFLOP a second | " + " | ".join(f"{step.gflops:.0f}" for step in steps) + " |")
    lines.append("| of the machine's rate | " + " | ".join(f"{step.share:.0%}" for step in steps) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20)
    print(table(measure(parser.parse_args().steps)))


if __name__ == "__main__":
    main()
