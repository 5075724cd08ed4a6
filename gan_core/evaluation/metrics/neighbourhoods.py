"""How much of the generated images lies among the real ones, and how much of the real ones is generated: by balls
around each image that reach to its k-th nearest neighbour of its own kind. Our own implementation, a part of the
distances at a time.

Precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1 and 2, k = 3): the share of fakes in any real
image's ball, and of reals in any fake's. Density and coverage (Naeem et al. 2020, arXiv:2002.09797, eq. 3 and 4, k =
5): how many reals' balls a fake lies in, over k, which one outlier cannot inflate; the share of reals with a fake in
their ball. Both papers' numbers move with how many images there are, which is part of the protocol.
"""

import math

import torch

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.neighbours import distance_rows, nearest
from gan_core.evaluation.reals import Reals

LARGEST = 10_000  # images of either kind; more would cost its square
K_PRECISION = 3
K_DENSITY = 5


def options(n_fake: int, n_real: int) -> Options:
    """Images of either kind, and neighbours."""
    return {
        "fakes": min(n_fake, LARGEST),
        "reals": min(n_real, LARGEST),
        "k_precision_recall": K_PRECISION,
        "k_density_coverage": K_DENSITY,
    }


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """All four numbers; NaN where there are too few images to have so many neighbours."""
    near, far = options["k_precision_recall"], options["k_density_coverage"]
    most = max(near, far)
    if min(options["fakes"], options["reals"]) <= most:
        return {name: Value(math.nan) for name in ("precision", "recall", "density", "coverage")}
    x_real, x_fake = reals.some(options["reals"]), fakes.features[: options["fakes"]]
    radii = reals.radii(options["reals"], most)  # [reals k], nearest first
    fake_radii = nearest(x_fake, x_fake, near, others=True).distances[:, near - 1]
    precise = torch.zeros(len(x_fake), dtype=torch.bool, device=x_fake.device)
    recalled = torch.zeros(len(x_real), dtype=torch.bool, device=x_fake.device)
    covered = torch.zeros_like(recalled)
    inside = torch.zeros((), dtype=torch.int64, device=x_fake.device)
    for start, rows in distance_rows(x_fake, x_real):
        part = slice(start, start + len(rows))
        precise[part] = (rows <= radii[:, near - 1]).any(dim=1)
        recalled |= (rows <= fake_radii[part, None]).any(dim=0)
        in_ball = rows < radii[:, far - 1]
        inside += in_ball.sum()
        covered |= in_ball.any(dim=0)
    return {
        "precision": Value(float(precise.double().mean())),
        "recall": Value(float(recalled.double().mean())),
        "density": Value(float(inside) / (far * len(x_fake))),
        "coverage": Value(float(covered.double().mean())),
    }


def _metric(name: str, title: str, most: float, paper: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        bounds=(0, most),
        paper=paper,
        cost="two times 10,000 x 10,000 distances, for all four numbers; for the reals once more the first time",
        reads="features",
        needs_reference=True,
        options=options,
        measure=measure,
        keeps=("features",),
    )


_KYNKAANNIEMI, _NAEEM = "Kynkäänniemi et al. 2019, arXiv:1904.06991", "Naeem et al. 2020, arXiv:2002.09797"
PRECISION = _metric("precision", "Improved Precision", 1, _KYNKAANNIEMI)
RECALL = _metric("recall", "Improved Recall", 1, _KYNKAANNIEMI)
DENSITY = _metric("density", "Density", math.inf, _NAEEM)
COVERAGE = _metric("coverage", "Coverage", 1, _NAEEM)
