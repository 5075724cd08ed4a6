"""What scoring costs beside the forward passes: FID at 2048 features against torchmetrics used plainly, and a 10k FID
and IS with the small classifier beside the sampling of its images.

    python benchmarks/evaluation_speed.py [--out benchmarks/results/evaluation_speed.md]

The features at 2048 are random numbers with Inception's mean and variance: how long sums and eigenvalues take does not
depend on what they are of. "Plainly" is torchmetrics' FrechetInceptionDistance given the features of reals and fakes in
batches of 50, as its users give images, then its general eigenvalues; ours has the reals' moments and root restored.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_core import datasets
from gan_core.config import resolve
from gan_core.evaluation import cache
from gan_core.evaluation.evaluator import Evaluator
from gan_core.evaluation.extractors import ExtractorOutputs
from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics import METRICS
from gan_core.evaluation.reals import Reals
from gan_core.machine.home import machine_home
from gan_core.training.build import build
from gan_core.training.sampling import fixed_latents, sampled

D, BATCH = 2048, 50
CPU = torch.device("cpu")
T = TypeVar("T")


class Features(nn.Module):
    """torchmetrics is given features where it expects images."""

    num_features = D

    def forward(self, x: Tensor) -> Tensor:
        return x


def timed(what: Callable[[], T]) -> tuple[float, T]:
    """Seconds of CPU time, which others on the machine disturb least, and what came of it."""
    began = time.process_time()
    result = what()
    return time.process_time() - began, result


def features(seed: int, count: int) -> Tensor:
    """[count D] float32, correlated and above 0 as Inception's are."""
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(256, D, generator=torch.Generator().manual_seed(0)) / 16
    common, own = torch.randn(count, 256, generator=generator), torch.randn(count, D, generator=generator)
    return (0.3 + 0.1 * seed + 0.3 * common @ mix + 0.1 * own).relu()


def plainly(reals: Tensor, fakes: Tensor) -> float:
    """Everything again, as torchmetrics does it."""
    metric = FrechetInceptionDistance(Features())
    for batch in torch.split(reals, BATCH):
        metric.update(batch, real=True)
    for batch in torch.split(fakes, BATCH):
        metric.update(batch, real=False)
    return float(metric.compute())


def kept_reals(home: Path, reals: Tensor) -> Reals:
    """As the evaluator keeps them: from files in `home`."""
    seen = {"features": reals, "classes": torch.zeros(len(reals), dtype=torch.int64)}
    return Reals(
        len(reals), 1, CPU, lambda: seen, lambda what, make: cache.restore_or_make(home, "x", {"what": what}, make)
    )


def ours(home: Path, reals: Tensor, fakes: Tensor) -> float:
    """The moments of the fakes, and what is kept of the reals."""
    sample = Sample(D, 1, CPU, ())
    for batch in torch.split(fakes, BATCH):
        sample.add(ExtractorOutputs(batch.double(), torch.zeros(len(batch), 1)))
    return METRICS["fid"].measure(kept_reals(home, reals), sample, {})["fid"].value


def at_2048(n_real: int, n_fake: int) -> list[str]:
    """FID of so many, both ways."""
    reals, fakes = features(0, n_real), features(1, n_fake)
    with tempfile.TemporaryDirectory() as folder:
        first_s, _ = timed(lambda: ours(Path(folder), reals, fakes))
        ours_s, value = timed(lambda: ours(Path(folder), reals, fakes))
    plain_s, expected = timed(lambda: plainly(reals, fakes))
    return [
        f"| {n_real} reals, {n_fake} fakes | {plain_s:.1f} | {first_s:.1f} | {ours_s:.2f} | {plain_s / ours_s:.1f} | "
        f"{abs(value / expected - 1):.1e} |"
    ]


def small_classifier(n: int) -> tuple[float, float]:
    """Seconds to sample n images with the default generator, and to sample and score them."""
    config = resolve({})
    reference = datasets.load("fashion-mnist", "train", 32, machine_home())
    state = build(config, reference.images, CPU)
    evaluator = Evaluator("fmnistcnn", reference, machine_home(), CPU)
    latents = fixed_latents(config, "benchmark", n)
    evaluator.measure(sampled(state.shown_g, latents[:500], CPU), 500, "")  # restores the reals, imports torchmetrics
    sampling, _ = timed(lambda: sum(len(images) for images in sampled(state.shown_g, latents, CPU)))
    scoring, _ = timed(lambda: evaluator.measure(sampled(state.shown_g, latents, CPU), n, ""))
    return sampling, scoring


def main() -> None:
    parser = argparse.ArgumentParser(description="what scoring costs")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--reals", type=int, nargs="+", default=[10_000, 60_000])
    parser.add_argument("--fakes", type=int, default=10_000)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sampling, scoring = small_classifier(options.fakes)
    lines = [
        "# What scoring costs",
        "",
        f"torch {torch.__version__}, {options.threads} thread(s), {platform.machine()}, "
        "from `python benchmarks/evaluation_speed.py`.",
        "",
        "FID at 2048 features, everything but the forward passes, seconds of CPU time:",
        "",
        "| images | torchmetrics plainly | ours, first time | ours, again | ratio | relative difference |",
        "|---|---|---|---|---|---|",
        *(line for n_real in options.reals for line in at_2048(n_real, options.fakes)),
        "",
        f"FID + IS of {options.fakes} images with the small classifier: sampling alone {sampling:.1f} s, sampling and "
        f"scoring {scoring:.1f} s of CPU time, {scoring / sampling:.2f} times as long.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text)


if __name__ == "__main__":
    main()
