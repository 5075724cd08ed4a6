"""Inception Score (Salimans et al. 2016, arXiv:1606.03498, section 4): exp of the mean KL divergence of each image's
class probabilities from their mean. From 1 to the number of classes; sees no real images; computed by torchmetrics.

The mean over splits of the images, drawn at random with a fixed seed. Ten splits as in the paper; where n_fake can't be
divided by ten, as many as the largest number below ten that divides it, so that all splits are of one size.
"""

import math
import warnings

import torch
from torch import nn

from gan_core.evaluation.extractors.record import Outputs
from gan_core.evaluation.metrics.record import Metric
from gan_core.evaluation.moments import Moments

SPLITS = 10
SEED = 0
LARGEST_MARGIN = 700  # exp(-700) is the smallest magnitude that float64 holds with all its digits


def options(n_fake: int) -> dict[str, int]:
    """The number of splits, and the seed of the draw."""
    return {"splits": next(k for k in range(SPLITS, 0, -1) if n_fake % k == 0), "shuffle_seed": SEED}


class InceptionScoreMeasurement:
    """torchmetrics' InceptionScore on float64 logits."""

    def __init__(self, reals: Moments, options: dict[str, int], device: torch.device) -> None:
        from torchmetrics.image.inception import InceptionScore  # seconds to import

        self._seed = options["shuffle_seed"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that it keeps all features: here ten numbers an image
            self._metric = InceptionScore(nn.Identity(), splits=options["splits"]).to(device)

    def update(self, outputs: Outputs) -> None:
        largest = outputs.logits.amax(dim=1, keepdim=True)
        # A class of probability 0 would give 0 x log 0 = NaN. At this margin it is too rare for float64 to notice.
        self._metric.update(outputs.logits.maximum(largest - LARGEST_MARGIN))

    def result(self) -> float:
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that one split has no standard deviation
            torch.default_generator.manual_seed(self._seed)  # torchmetrics shuffles with the CPU's global generator
            mean, _ = self._metric.compute()
        return float(mean)


INCEPTION_SCORE = Metric(
    name="is",
    title="Inception Score",
    better="higher",
    bounds=(1, math.inf),
    paper="Salimans et al. 2016, arXiv:1606.03498",
    reads="logits",
    needs_reference=False,
    options=options,
    start=InceptionScoreMeasurement,
)
