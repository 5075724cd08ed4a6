"""Sliced Wasserstein distance: how far the features of fakes are from those of reals, along random directions.

Along one direction the distance between two sets of equally many numbers is that of the sorted numbers. The mean over
many directions is a distance between the sets, without a Gaussian as in FID. Rabin et al. 2011; for images Karras et
al. 2018 (arXiv:1710.10196), section 5, who take patches of pixels where this takes the extractor's features.
"""

import math

import torch

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.reals import Reals
from gan_core.plugins import register


def options(n_fake: int, n_real: int) -> Options:
    """Images of either kind, directions, and the seed that they are drawn with."""
    return {"images": min(n_fake, n_real), "directions": 128, "direction_seed": 0}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """The mean over the directions of the mean distance of the sorted projections."""
    stream = torch.Generator().manual_seed(options["direction_seed"])
    real, fake = reals.some(options["images"]), fakes.features[: options["images"]]  # [n d]
    directions = torch.randn(fake.shape[1], options["directions"], generator=stream, dtype=torch.float64)
    directions = (directions / directions.norm(dim=0)).to(fake.device)
    distances = ((real @ directions).sort(dim=0).values - (fake @ directions).sort(dim=0).values).abs()
    return {"sliced_wasserstein": Value(float(distances.mean()))}


register(
    Metric(
        name="sliced_wasserstein",
        title="Sliced Wasserstein distance of features",
        bounds=(0, math.inf),
        paper="Rabin et al. 2011; Karras et al. 2018, arXiv:1710.10196, section 5",
        cost="128 sorts of 10,000 numbers",
        reads="features",
        needs_reference=True,
        options=options,
        measure=measure,
        keeps=("features",),
    ),
    better="lower",
)
