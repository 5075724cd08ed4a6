"""How different the generated images are from each other, beside the reals' own differences: what shows a collapse.

Measured on the features that FID reads, in the same pass. Numbers of the reals come from their moments, so no real
image is looked at again.
"""

import math

from torch import Tensor

from gan_core.evaluation.moments import Moments


def diversity(reals: Moments, fakes: Moments, class_counts: Tensor | None) -> dict[str, float]:
    """The four numbers below; {} where features were not finite, or the reals are all one.

    `spread`: root mean square distance of two fakes over that of two reals: 0 is one image again and again.
    `dimensions`: effective number of directions in which fakes differ, (tr S)^2 / tr S^2, over that of the reals.
    `classes`: effective number of classes that the extractor sees, exp of the entropy of its answers; not there
    without `class_counts` [classes].
    `real_variance`: tr S of the reals, which is the FID of a G that always gives their mean: a scale for FIDs.
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
    }


def _classes(counts: Tensor) -> float:
    shares = counts[counts > 0] / counts.sum()
    return math.exp(-float((shares * shares.log()).sum()))


def _variance(moments: Moments) -> tuple[float, float]:
    """Trace of the covariance, and its effective number of dimensions (0 where there is no variance)."""
    covariance = moments.covariance * (moments.n - 1) / moments.n
    variance = max(0.0, float(covariance.trace()))
    squares = float((covariance**2).sum())
    return variance, variance**2 / squares if squares > 0 else 0.0
