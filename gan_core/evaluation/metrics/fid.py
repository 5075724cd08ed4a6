"""Fréchet Inception Distance (Heusel et al. 2017, arXiv:1706.08500, eq. 6): how far the mean and covariance of the
features of generated images are from those of real ones. 0 is equal; computed by torchmetrics in float64.
"""

import math

import torch
from torch import nn

from gan_core.evaluation.extractors.record import Outputs
from gan_core.evaluation.metrics.record import Metric
from gan_core.evaluation.moments import Moments


class _Features(nn.Module):
    """The identity: torchmetrics' metric is given features where it expects images."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features  # unset, torchmetrics would draw a random image to find out

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features


class FidMeasurement:
    """torchmetrics' FrechetInceptionDistance with the moments of the reals put in place."""

    def __init__(self, reals: Moments, options: dict[str, int], device: torch.device) -> None:
        from torchmetrics.image.fid import FrechetInceptionDistance  # seconds to import

        self._metric = FrechetInceptionDistance(_Features(len(reals.total))).to(device)
        self._metric.real_features_num_samples = reals.n.clone()
        self._metric.real_features_sum = reals.total.clone()
        self._metric.real_features_cov_sum = reals.outer.clone()

    def update(self, outputs: Outputs) -> None:
        self._metric.update(outputs.features, real=False)

    def result(self) -> float:
        if not torch.isfinite(self._metric.fake_features_cov_sum).all():
            return math.nan  # eigenvalues of it would raise
        return float(self._metric.compute())


FID = Metric(
    name="fid",
    title="Fréchet Inception Distance",
    better="lower",
    bounds=(0, math.inf),
    paper="Heusel et al. 2017, arXiv:1706.08500",
    reads="features",
    needs_reference=True,
    options=lambda n_fake: {},
    start=FidMeasurement,
)
