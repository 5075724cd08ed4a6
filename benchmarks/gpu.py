"""What a GPU makes of the trainer, in about four minutes.

    python -m benchmarks.gpu [--device cpu] [--seconds 2] [--out FILE.md]

Whether captured updates train as eager ones do; images a second of the tutorial's loop and of ours in each precision,
eager and with each update captured as a CUDA graph, and under `deterministic`; how fast generated images are scored;
then up to 16 trials next to each other on one GPU, with and without NVIDIA MPS, and the memory that they take. All in
the trainer's own arithmetic. Random images: the speed does not depend on what they show.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.neighbours import mps, side_by_side
from benchmarks.tutorial_loop import tutorial_steps
from gan_core.config import resolve
from gan_core.config.gpu_memory import gpu_memory
from gan_core.datasets.batches import ImageArray
from gan_core.evaluation.extractors import find
from gan_core.evaluation.features import extract
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.fid import distance
from gan_core.evaluation.moments import root_of
from gan_core.machine.arithmetic import arithmetic
from gan_core.nets import PRECISIONS
from gan_core.schema.configuration import Config
from gan_core.training.build import State, build
from gan_core.training.captured import Captured, learner
from gan_core.training.numerics import layout, training_arithmetic
from gan_core.training.recorders import CudaRecorder
from gan_core.training.sampling import fixed_latents, sampled
from gan_core.training.step import train_step

SHAPES = {"32x32 width 16": (32, 16), "32x32 width 64": (32, 64), "64x64 width 64": (64, 64)}
BATCH = 64
IMAGES = 5000
TOGETHER = (1, 2, 4, 8, 16)
NEIGHBOURS = ("32x32 width 16", "64x64 width 64")
EQUAL_STEPS = 20
SCORED = 10_000
GB = 1e9
Say = Callable[[str], None]

WAYS: dict[str, dict[str, Any]] = {
    **{f"{precision}, eager": {"precision": precision} for precision in PRECISIONS},
    **{f"{precision}, captured": {"precision": precision, "cuda_graphs": True} for precision in PRECISIONS},
    "float32, eager, deterministic": {"deterministic": True},
    "float32, captured, deterministic": {"deterministic": True, "cuda_graphs": True},
}
OTHER_LAYOUT = {f"{precision}, captured, the other layout": WAYS[f"{precision}, captured"] for precision in PRECISIONS}


def settings(shape: str) -> dict[str, Any]:
    size, width = SHAPES[shape]
    return {"data": "shapes", "image_size": size, "width": width, "batch_size": BATCH, "budget_kimg": 1000}


def images_of(shape: str) -> ImageArray:
    size, _ = SHAPES[shape]
    return np.random.default_rng(0).integers(0, 256, (IMAGES, 3, size, size), dtype=np.uint8)


def rate(step: Callable[[], object], device: torch.device, seconds: float, warm_up: int = 5) -> float:
    """Steps a second: the median over five windows, after a few steps that do not count."""
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
        rates.append(steps / (time.perf_counter() - began))
    return statistics.median(rates)


def wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def tutorial(shape: str, device: torch.device, seconds: float) -> float:
    """Images a second with the same networks, under torch's defaults: convolutions in TF32."""
    state = build(resolve(settings(shape)), images_of(shape), device)
    steps = tutorial_steps(state.G, state.D, images_of(shape), BATCH, state.config.latent_dim, device)
    return BATCH * rate(lambda: next(steps), device, seconds)


def ours(shape: str, device: torch.device, seconds: float, way: dict[str, Any], other_layout: bool = False) -> float:
    """Images a second as `gan_core.train` trains these settings."""
    config = resolve({**settings(shape), **way})
    state = build(config, images_of(shape), device)
    if other_layout:
        is_last = layout(config, device) is torch.channels_last
        for net in (state.G, state.D):
            net.to(memory_format=torch.contiguous_format if is_last else torch.channels_last)
    learn = learner(state)
    with training_arithmetic(config, device):
        return BATCH * rate(lambda: train_step(state, learn), device, seconds)


def one_at_a_time(device: torch.device, seconds: float, say: Say) -> None:
    say("\n## One trial, images a second\n\n| way | " + " | ".join(SHAPES) + " |\n|---|" + "---|" * len(SHAPES))
    base = {shape: tutorial(shape, device, seconds) for shape in SHAPES}
    say("| tutorial loop | " + " | ".join(f"{base[shape]:,.0f}" for shape in SHAPES) + " |")
    for name, way in {**WAYS, **OTHER_LAYOUT}.items():
        if device.type != "cuda" and (way.get("cuda_graphs") or way.get("precision") == "tf32"):
            continue
        cells = []
        for shape in SHAPES:
            try:
                images = ours(shape, device, seconds, way, name in OTHER_LAYOUT)
                cells.append(f"{images:,.0f} ({images / base[shape]:.2f}x)")
            except Exception as error:  # a way that this torch can't go is a result
                cells.append(_in_words(error))
        say(f"| {name} | " + " | ".join(cells) + " |")


def equality(device: torch.device, say: Say) -> None:
    """Largest difference of a weight of G between eager and captured training, from one start on the same batches."""
    say(f"\n## The same training?\n\nAgainst eager, {EQUAL_STEPS} steps, 32x32 width 16, float32, G's weights:\n")
    for deterministic in (True, False):
        config = resolve({**settings("32x32 width 16"), "deterministic": deterministic})
        with training_arithmetic(config, device):
            eager, again, replayed = (build(config, images_of("32x32 width 16"), device) for _ in range(3))
            captured = Captured(replayed, CudaRecorder(device))
            parted, largest = dict[str, int](), {"captured": 0.0, "eager again": 0.0}
            for number in range(1, EQUAL_STEPS + 1):
                train_step(eager)
                train_step(again)
                train_step(replayed, captured)
                for label, other in (("captured", replayed), ("eager again", again)):
                    if difference := _largest_difference(eager, other):
                        largest[label] = max(largest[label], difference)
                        parted.setdefault(label, number)
        for label, difference in largest.items():
            when = f"parts at step {parted[label]}" if label in parted else "the same bits"
            under = "`deterministic: true`" if deterministic else "by default"
            say(f"- {label}, {under}: {when}, largest difference {difference:.1e}")


def _largest_difference(first: State, second: State) -> float:
    pairs = zip(first.G.parameters(), second.G.parameters(), strict=True)
    return max(float((p - q).detach().abs().max()) for p, q in pairs)


def scores(device: torch.device, seconds: float, say: Say) -> None:
    """A FID of generated images; the networks that see them have random weights, which take as long."""
    say(f"\n## Scores\n\nThe FID of {SCORED:,} images of 32x32, from drawing them to the number:\n")
    say("| extractor | images in a batch | features, images a second | one FID | of that, the distance |")
    say("|---|---|---|---|---|")
    config: Config = resolve(settings("32x32 width 16"))
    state = build(config, images_of("32x32 width 16"), device)
    images = torch.from_numpy(images_of("32x32 width 16")).to(device)
    for name in ("fmnistcnn", "inception"):
        extractor = find(name)
        network = extractor.untrained(device)
        seen = images[: extractor.batch, : extractor.channels]
        per_second = extractor.batch * rate(partial(extract, network, seen), device, seconds, warm_up=2)
        with arithmetic():
            for _ in range(2):  # the first also loads the solvers of eigenvalues
                began = time.perf_counter()
                sample = Sample(extractor.num_features, extractor.classes, device, ())
                for drawn in sampled(state.G, fixed_latents(config, "benchmark", SCORED), device):
                    for part in torch.split(drawn[:, : extractor.channels], extractor.batch):
                        sample.add(extract(network, part))
                wait_for(device)
                seen_at = time.perf_counter()
                moments = sample.moments
                root = root_of(moments.covariance)
                wait_for(device)
                rooted_at = time.perf_counter()  # the reals' root is computed once for all runs
                distance(moments, root, moments)
                ended = time.perf_counter()
        took = f"{seen_at - began + ended - rooted_at:.2f} s | {ended - rooted_at:.2f} s"
        say(f"| {name} | {extractor.batch} | {per_second:,.0f} | {took} |")


def together(device: torch.device, seconds: float, counts: tuple[int, ...], say: Say, under_mps: bool) -> None:
    for shape in NEIGHBOURS:
        reckoned = gpu_memory([resolve(settings(shape))]) / GB
        say(f"\n## Trials next to each other, {'MPS' if under_mps else 'plain'}, {shape}, images a second of all\n")
        say(f"float32, one CPU thread each; a trial is reckoned with {reckoned:.1f} GB (`gan_core.config`).\n")
        say("| trials | eager | against one | captured | against one | memory, training | and scoring |")
        say("|---|---|---|---|---|---|---|")
        try:
            service: AbstractContextManager[dict[str, str]] = mps() if under_mps else nullcontext({})
            with service as environment:
                first = None
                for row in side_by_side(settings(shape), str(device), counts, seconds, environment):
                    first = first or row
                    ratio = f"{row.captured / first.captured:.2f}x" if first.captured else ""
                    rates = f"{row.eager:,.0f} | {row.eager / first.eager:.2f}x | {row.captured:,.0f} | {ratio}"
                    say(f"| {row.trials} | {rates} | {row.training / GB:.1f} GB | {row.scoring / GB:.1f} GB |")
        except Exception as error:  # no MPS on this machine is a result
            say(f"| | {_in_words(error)} | | | | | |")


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0][:80] if str(error).strip() else ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds that each number is measured for")
    parser.add_argument("--together", default=",".join(map(str, TOGETHER)), help="numbers of trials next to each other")
    parser.add_argument("--parts", help="equality, rates, scores, plain, mps [default all], with commas between")
    parser.add_argument("--out", type=Path, help="write the tables to this file too")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)
        if arguments.out:
            arguments.out.write_text("\n".join(lines) + "\n")

    began = time.perf_counter()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    say(f"# The trainer on {name}\n\ntorch {torch.__version__}, batch {BATCH}, from `python -m benchmarks.gpu`.")
    counts = tuple(int(n) for n in arguments.together.split(","))
    parts: dict[str, Callable[[], None]] = {
        "equality": lambda: equality(device, say),
        "rates": lambda: one_at_a_time(device, arguments.seconds, say),
        "scores": lambda: scores(device, arguments.seconds, say),
        "plain": lambda: together(device, arguments.seconds, counts, say, under_mps=False),
        "mps": lambda: together(device, arguments.seconds, counts, say, under_mps=True),
    }
    for part in arguments.parts.split(",") if arguments.parts else parts:
        if device.type == "cuda" or part not in ("equality", "mps"):
            parts[part]()
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
