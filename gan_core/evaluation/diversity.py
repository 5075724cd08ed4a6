"""How different the generated images are from each other, beside the reals' own differences: what shows a collapse.

Measured on the features that FID reads, in the same pass. Numbers of the reals come from their moments, so no real
image is looked at again.
"""

import math

import torch
from torch import Tensor

from gan_core.evaluation.moments import Moments
from gan_core.evaluation.names import named

NEIGHBOURS = 200  # samples among which the nearest is looked for: the fewer, the further away it is
MOST_SHARES = 100  # classes: with more, single shares say little and are many numbers


def diversity(reals: Moments, fakes: Moments, class_counts: Tensor | None, first: Tensor) -> dict[str, float]:
    """The numbers below; {} where features were not finite, or the reals are all one.

    `first` [<=NEIGHBOURS d]: features of the first fakes.

    `spread`: root mean square distance of two fakes over that of two reals: 0 is one image again and again.
    `dimensions`: effective number of directions in which fakes differ, (tr S)^2 / tr S^2, over that of the reals.
    `classes`: effective number of classes that the extractor sees, exp of the entropy of its answers; not there
    without `class_counts` [classes].
    `real_variance`: tr S of the reals, which is the FID of a G that always gives their mean: a scale for FIDs.
    `nearest`: of the first 200 fakes the median distance to the nearest other, over the root mean square distance
    of two reals: a few images again and again, however far apart, give about 0 (the birthday test of Arora,
    Risteski and Zhang 2018, arXiv:1706.08224, in features). Left out where there are fewer.
    `class_share/K`: share of class K among the extractor's answers; see `gan_core.evaluation.class_shares`. Left out
    where there are more than a hundred classes.
    """
    if not math.isfinite(float(fakes.outer.sum())):
        return {}
    variance, dimensions = _variance(fakes)
    real_variance, real_dimensions = _variance(reals)
    if real_variance == 0:
        return {}
    return {
        "spread": math.sqrt(variance / real_variance),
        "dimensions": dimensions / real_dimensions,
        **({} if class_counts is None else {"classes": _classes(class_counts)}),
        "real_variance": real_variance,
        **_nearest(first, real_variance),
        **({} if class_counts is None else _shares(class_counts)),
    }


def _classes(counts: Tensor) -> float:
    shares = counts[counts > 0] / counts.sum()
    return math.exp(-float((shares * shares.log()).sum()))


def _shares(counts: Tensor) -> dict[str, float]:
    return named((counts / counts.sum()).tolist()) if len(counts) <= MOST_SHARES else {}


def _nearest(first: Tensor, real_variance: float) -> dict[str, float]:
    if len(first) < NEIGHBOURS:
        return {}
    distances = torch.cdist(first, first, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    return {"nearest": float(distances.amin(dim=1).median()) / math.sqrt(2 * real_variance)}


def _variance(moments: Moments) -> tuple[float, float]:
    """Trace of the covariance, and its effective number of dimensions (0 where there is no variance)."""
    mean = moments.total / moments.n
    covariance = moments.outer / moments.n - torch.outer(mean, mean)
    variance = max(0.0, float(covariance.trace()))
    squares = float((covariance**2).sum())
    return variance, variance**2 / squares if squares > 0 else 0.0
