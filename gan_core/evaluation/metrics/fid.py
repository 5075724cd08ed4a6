"""Fréchet Inception Distance (Heusel et al. 2017, arXiv:1706.08500, eq. 6): how far the mean and covariance of the
features of generated images are from those of real ones. 0 is equal.

    |mu_1 - mu_2|^2 + tr S_1 + tr S_2 - 2 tr (S_1 S_2)^(1/2)

S_1 S_2 is not symmetric: its eigenvalues take torchmetrics seconds at 2048 features. With S_1 = R R^T they are those
of the symmetric R^T S_2 R; R is of the reals alone, and kept with them. The value is torchmetrics' to rounding.
"""

import math

import torch
from torch import Tensor

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.moments import Moments
from gan_core.evaluation.reals import Reals


def distance(reals: Moments, root: Tensor, fakes: Moments) -> float:
    """The Fréchet distance; `root` [d d] with root root^T the reals' covariance. In float64."""
    covariance = fakes.covariance
    roots = torch.linalg.eigvalsh(root.t() @ covariance @ root).clamp_min(0).sqrt().sum()
    shift = (reals.mean - fakes.mean).square().sum()
    return float(shift + root.square().sum() + covariance.trace() - 2 * roots)


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """FID of all fakes against all reals."""
    return {"fid": Value(distance(reals.moments, reals.root, fakes.moments))}


FID = Metric(
    name="fid",
    title="Fréchet Inception Distance",
    bounds=(0, math.inf),
    paper="Heusel et al. 2017, arXiv:1706.08500",
    cost="below a second at 2048 features",
    reads="features",
    needs_reference=True,
    options=lambda n_fake, n_real: {},
    measure=measure,
)
