"""Kernel Inception Distance (Binkowski et al. 2018, arXiv:1801.01401, section 4): the squared maximum mean
discrepancy between the features of generated and real images under the kernel (x y / d + 1)^3. Unbiased: 0 in the
mean where both come from one distribution, at any number of images, and so at times below 0.

As in the paper the mean of unbiased estimates on blocks of images. The blocks are disjoint here, of the fakes and of
the reals, so that the estimates are independent, and the standard error of their mean is their standard deviation
over the root of their number (a "B-test", Zaremba et al. 2013). The deviation over overlapping draws, which others
report, is neither this error nor that of one block.
"""

import math

import torch

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.reals import Reals

BLOCK = 1000  # images of one block, as in the paper, where there are enough for ten
BLOCKS = 10


def options(n_fake: int, n_real: int) -> Options:
    """Number of blocks, and images in each: ten blocks of up to 1000, or more of 1000."""
    n = min(n_fake, n_real)
    blocks = max(1, min(BLOCKS, n // 2), n // BLOCK)
    return {"blocks": blocks, "block_size": n // blocks if n < BLOCKS * BLOCK else BLOCK}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """Mean over the blocks, and its standard error; no error from a single block."""
    from torchmetrics.image.kid import poly_mmd  # seconds to import

    blocks, size = options["blocks"], options["block_size"]
    some_reals = torch.split(reals.some(blocks * size), size)
    some_fakes = torch.split(fakes.features[: blocks * size], size)
    estimates = torch.stack([poly_mmd(real, fake) for real, fake in zip(some_reals, some_fakes, strict=True)])
    error = float(estimates.std()) / math.sqrt(blocks) if blocks > 1 else None
    return {"kid": Value(float(estimates.mean()), error)}


KID = Metric(
    name="kid",
    title="Kernel Inception Distance",
    bounds=(-math.inf, math.inf),
    paper="Binkowski et al. 2018, arXiv:1801.01401",
    cost="seconds at 10,000 images of 2048 features",
    reads="features",
    needs_reference=True,
    options=options,
    measure=measure,
    keeps=("features",),
)
