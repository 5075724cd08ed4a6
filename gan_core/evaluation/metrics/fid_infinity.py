"""FID extrapolated to infinitely many generated images (Chong and Forsyth 2020, arXiv:1911.07023, section 3).

FID of N fakes is too large by about a constant over N, and the constant depends on G. So: FIDs of several N, drawn
from the fakes without putting back, and the value at 1/N = 0 of the line through them. As theirs with 15 values of N,
from a tenth of the fakes but at least 5,000 (half of them where there are fewer than 10,000) to all; with plain
latents, not Sobol's. The bias from the number of reals stays.
"""

import math

import torch

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.fid import distance
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.moments import moments_of
from gan_core.evaluation.reals import Reals

POINTS = 15
FEWEST = 5000
SEED = 0


def options(n_fake: int, n_real: int) -> Options:
    """How many FIDs, the smallest number of fakes, and the seed of the draws."""
    return {"points": POINTS, "fewest": max(n_fake // 10, min(FEWEST, n_fake // 2), 2), "draw_seed": SEED}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """The least-squares line's value at 1/N = 0; NaN where there are too few fakes for two values of N."""
    spaced = torch.linspace(options["fewest"], fakes.n, options["points"], dtype=torch.float64)
    sizes = sorted(set(spaced.long().tolist()))
    if len(sizes) < 2:
        return {"fid_infinity": Value(math.nan)}
    generator = torch.Generator().manual_seed(options["draw_seed"])
    features, device = fakes.features, fakes.features.device
    fids = []
    for size in sizes:
        drawn = features[torch.randperm(fakes.n, generator=generator)[:size].to(device)]
        fids.append(distance(reals.moments, reals.root, moments_of(drawn, device)))
    x = torch.tensor([[1.0, 1 / size] for size in sizes], dtype=torch.float64)
    line = torch.linalg.lstsq(x, torch.tensor(fids, dtype=torch.float64)[:, None]).solution
    return {"fid_infinity": Value(float(line[0, 0]))}


FID_INFINITY = Metric(
    name="fid_infinity",
    title="FID extrapolated to infinitely many images",
    bounds=(-math.inf, math.inf),
    paper="Chong and Forsyth 2020, arXiv:1911.07023",
    cost="that of 15 FIDs",
    reads="features",
    needs_reference=True,
    options=options,
    measure=measure,
    keeps=("features",),
)
