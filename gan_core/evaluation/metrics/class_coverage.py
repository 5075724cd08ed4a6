"""Coverage class by class: the mean over the classes of the share of its reals that have a fake near.

Near is within the ball to the k-th nearest real of the class; fakes are those that were to be of it. Coverage: Naeem et
al. 2020 (arXiv:2002.09797, equation 4, k = 5). A G that draws each class as one image again and again, or draws other
classes than it is to draw, leaves the reals of a class uncovered. It moves with how many images a class has; NaN where
any class of the reals has fewer than 50 reals or fakes.
"""

import math

import torch

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.class_fid import FEWEST, labels_of, mean_of
from gan_core.evaluation.metrics.neighbourhoods import K_DENSITY, LARGEST
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.neighbours import distance_rows
from gan_core.evaluation.reals import Reals


def options(n_fake: int, n_real: int) -> Options:
    """Images of a class, at least and at most, and neighbours."""
    return {"fewest_of_a_class": FEWEST, "most_of_a_class": LARGEST, "k_density_coverage": K_DENSITY}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """The mean over the classes that the reals have."""
    k, most = options["k_density_coverage"], options["most_of_a_class"]
    shares = []
    for label in labels_of(reals):
        real, x_fake = reals.of_label(label), fakes.features[fakes.labels == label][:most]
        if min(real.n, len(x_fake)) < options["fewest_of_a_class"]:
            return {"class_coverage": Value(math.nan)}
        count = min(real.n, most)
        x_real, radii = real.some(count), real.radii(count, k)[:, k - 1]
        covered = torch.zeros(count, dtype=torch.bool, device=x_fake.device)
        for _, rows in distance_rows(x_fake, x_real):
            covered |= (rows < radii).any(dim=0)
        shares.append(float(covered.double().mean()))
    return {"class_coverage": Value(mean_of(shares))}


CLASS_COVERAGE = Metric(
    name="class_coverage",
    title="Coverage class by class",
    bounds=(0, 1),
    paper="Naeem et al. 2020, arXiv:2002.09797, within classes",
    cost="distances of the fakes of a class to its reals; for the reals among themselves once more the first time",
    reads="features",
    needs_reference=True,
    options=options,
    measure=measure,
    keeps=("features",),
    needs_labels=True,
)
