"""Authenticity (Alaa et al. 2022, arXiv:2102.08921, section 3.3): the share of generated images that are no copies.

An image counts as a copy where it is closer to its nearest real image than that one is to any other real image. A G
that draws from the distribution itself scores about 1/2, one that repeats training images 0; noise, far from all,
scores 1, so that it says nothing about quality. Read it beside the other metrics: it falls where they are won by
memorising. The reals must be the images that were trained on for it to say that: with `max_images` they are those
alone, and not the whole set that other metrics compare with. Mirror images that `mirror` added are not among them, for
a symmetric picture would have its own mirror image as its nearest other.
"""

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.neighbours import nearest
from gan_core.evaluation.reals import Reals

LARGEST = 10_000  # fakes


def options(n_fake: int, n_real: int) -> Options:
    """The number of fakes looked at; all reals are."""
    return {"fakes": min(n_fake, LARGEST)}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """Against all reals."""
    found = nearest(fakes.features[: options["fakes"]], reals.some(reals.n), 1)
    own = reals.radii(reals.n, 1)[found.indices[:, 0], 0]
    return {"authenticity": Value(float((found.distances[:, 0] >= own).double().mean()))}


AUTHENTICITY = Metric(
    name="authenticity",
    title="Authenticity",
    bounds=(0, 1),
    paper="Alaa et al. 2022, arXiv:2102.08921",
    cost="all distances of up to 10,000 fakes to the reals; the first time those among the reals, maybe minutes",
    reads="features",
    needs_reference=True,
    against="trained",
    options=options,
    measure=measure,
    keeps=("features",),
)
