"""What the extractor takes the images for: how many of the reals' classes are generated at all, and how far the
histogram of classes is from the reals'. Nearly free, and what catches a collapse to some of the classes.

As for stacked MNIST (Metz et al. 2017, arXiv:1611.02163, section 3.3.1): the number of modes, and the KL divergence
of the histogram, there from a uniform one. Here from that of the reals under the same extractor, with one image added
to each of their classes, so that it is finite; and a class counts as covered only where fakes have at least a tenth
of the reals' share of it, as a classifier finds some of every class in any noise.
"""

import math

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.reals import Reals

PERCENT = 10  # of the reals' share of a class


def options(n_fake: int, n_real: int) -> Options:
    """The share of a class that covers it, in percent of the reals' share."""
    return {"covered_percent": PERCENT}


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """Classes covered, of those that the reals have; KL(fakes | reals) in nats."""
    counts = reals.class_counts
    found = fakes.class_counts / fakes.n
    enough = 100 * fakes.class_counts * counts.sum() >= options["covered_percent"] * counts * fakes.n  # whole numbers
    covered = (counts > 0) & (found > 0) & enough
    smoothed = (counts + 1) / (counts + 1).sum()
    there = found > 0
    divergence = (found[there] * (found[there] / smoothed[there]).log()).sum()
    return {"classes": Value(float(covered.sum())), "class_kl": Value(float(divergence))}


CLASSES = Metric(
    name="classes",
    title="Classes covered",
    bounds=(0, math.inf),
    paper="after Metz et al. 2017, arXiv:1611.02163, section 3.3.1",
    cost="nothing",
    reads="logits",
    needs_reference=True,
    options=options,
    measure=measure,
)
CLASS_KL = Metric(
    name="class_kl",
    title="KL divergence of the class histogram",
    bounds=(0, math.inf),
    paper="after Metz et al. 2017, arXiv:1611.02163, section 3.3.1",
    cost="nothing",
    reads="logits",
    needs_reference=True,
    options=options,
    measure=measure,
)
