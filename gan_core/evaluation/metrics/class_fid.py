"""FID class by class: the mean over the classes of the FID of the fakes that were to be of a class against its reals.

Intra-FID of Miyato and Koyama 2018 (arXiv:1802.05637, section 5). A G that ignores which class it is to draw may have a
good FID, but not this one.

A FID of few images is too large, about in inverse proportion to their number, and a class has but a part of them: with
ten classes the bias of 10,000 fakes is that of a FID of 1,000. Below the number of features the covariance is not of
full rank. So it compares with nothing but itself at the same number of fakes. NaN where any class of the reals has
fewer than 50 reals or fakes.
"""

import math

import torch

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.fid import distance
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.moments import moments_of
from gan_core.evaluation.reals import Reals

FEWEST = 50  # images of a class, of either kind


def options(n_fake: int, n_real: int) -> Options:
    """The smallest number of images of a class."""
    return {"fewest_of_a_class": FEWEST}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """The mean over the classes that the reals have."""
    return {"class_fid": Value(mean_of(list(class_fids(reals, fakes, options["fewest_of_a_class"]).values())))}


def class_fids(reals: Reals, fakes: Sample, fewest: int) -> dict[int, float]:
    """The FID of each class that the reals have, by its label; NaN where there are fewer images."""
    found = {}
    for label in labels_of(reals):
        real, fake = reals.of_label(label), fakes.features[fakes.labels == label]
        enough = min(real.n, len(fake)) >= fewest
        found[label] = distance(real.moments, real.root, moments_of(fake, fake.device)) if enough else math.nan
    return found


def labels_of(reals: Reals) -> list[int]:
    """The labels that the reals have, in ascending order."""
    assert reals.labels is not None
    return torch.unique(reals.labels).tolist()  # type: ignore[no-any-return]


def mean_of(values: list[float]) -> float:
    """The mean; NaN where any value is."""
    return sum(values) / len(values)


CLASS_FID = Metric(
    name="class_fid",
    title="FID class by class",
    bounds=(0, math.inf),
    paper="Miyato and Koyama 2018, arXiv:1802.05637",
    cost="that of a FID a class; of the reals the first time, two matrices of the features a class are kept",
    reads="features",
    needs_reference=True,
    options=options,
    measure=measure,
    keeps=("features",),
    needs_labels=True,
)
