"""Inception Score (Salimans et al. 2016, arXiv:1606.03498, section 4): exp of the mean KL divergence of each image's
class probabilities from their mean. From 1 to the number of classes; sees no real images; computed by torchmetrics.

The mean over splits of the images, drawn at random with a fixed seed. Ten splits as in the paper; where n_fake can't be
divided by ten, as many as the largest number below ten that divides it, so that all splits are of one size.
"""

import math
import warnings

import torch
from torch import nn

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.reals import Reals

SPLITS = 10
SEED = 0
LARGEST_MARGIN = 700  # exp(-700) is the smallest magnitude that float64 holds with all its digits


def options(n_fake: int, n_real: int) -> Options:
    """The number of splits, and the seed of the draw."""
    return {"splits": next(k for k in range(SPLITS, 0, -1) if n_fake % k == 0), "shuffle_seed": SEED}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """torchmetrics' InceptionScore on float64 logits."""
    from torchmetrics.image.inception import InceptionScore  # seconds to import

    largest = fakes.logits.amax(dim=1, keepdim=True)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it keeps its input, that one split has no deviation
        metric = InceptionScore(nn.Identity(), splits=options["splits"]).to(fakes.logits.device)
        # A class of probability 0 would give 0 x log 0 = NaN. At this margin it is too rare for float64 to notice.
        metric.update(fakes.logits.maximum(largest - LARGEST_MARGIN))
        torch.default_generator.manual_seed(options["shuffle_seed"])  # it shuffles with the CPU's global generator
        mean, _ = metric.compute()
    return {"is": Value(float(mean))}


INCEPTION_SCORE = Metric(
    name="is",
    title="Inception Score",
    bounds=(1, math.inf),
    paper="Salimans et al. 2016, arXiv:1606.03498",
    cost="little",
    reads="logits",
    needs_reference=False,
    options=options,
    measure=measure,
    keeps=("logits",),
)
