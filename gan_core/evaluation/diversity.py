"""How different the generated images are from each other, beside the reals' own differences: what shows a collapse.

Measured on the features that FID reads, in the same pass. Numbers of the reals come from their moments, so no real
image is looked at again.
"""

import math

import torch

from gan_core.evaluation.class_shares import named
from gan_core.evaluation.extractors.record import Outputs
from gan_core.evaluation.moments import Moments

NEIGHBOURS = 200  # samples among which the nearest is looked for: the fewer, the further away it is


class Diversity:
    """One measurement under way: `update` with the outputs of each batch, then `result`."""

    def __init__(self, reals: Moments, classes: int) -> None:
        self._reals = reals
        self._n = 0
        self._total = torch.zeros_like(reals.total)  # [d]
        self._outer = torch.zeros_like(reals.outer)  # [d d]
        self._classes = torch.zeros(classes, dtype=torch.float64, device=reals.total.device)
        self._first: list[torch.Tensor] = []  # features of the first NEIGHBOURS samples

    def update(self, outputs: Outputs) -> None:
        """Take in the features and logits of one batch."""
        features = outputs.features
        if self._n < NEIGHBOURS:
            self._first.append(features[: NEIGHBOURS - self._n])
        self._n += len(features)
        self._total += features.sum(dim=0)
        self._outer += features.t() @ features
        self._classes += torch.bincount(outputs.logits.argmax(dim=1), minlength=len(self._classes))

    def result(self) -> dict[str, float]:
        """The numbers below; {} where features were not finite, or the reals are all one.

        `spread`: root mean square distance of two fakes over that of two reals: 0 is one image again and again.
        `dimensions`: effective number of directions in which fakes differ, (tr S)^2 / tr S^2, over that of the reals.
        `classes`: effective number of classes that the extractor sees, exp of the entropy of its answers.
        `real_variance`: tr S of the reals, which is the FID of a G that always gives their mean: a scale for FIDs.
        `nearest`: of the first 200 fakes the median distance to the nearest other, over the root mean square distance
        of two reals: a few images again and again, however far apart, give about 0 (the birthday test of Arora,
        Risteski and Zhang 2018, arXiv:1706.08224, in features). Left out where there are fewer.
        `class_share/K`: share of class K among the extractor's answers; see `gan_core.evaluation.class_shares`.
        """
        if not self._n or not torch.isfinite(self._outer).all():
            return {}
        reals, fakes = self._reals, Moments(torch.tensor(self._n), self._total, self._outer)
        variance, dimensions = _variance(fakes)
        real_variance, real_dimensions = _variance(reals)
        if real_variance == 0:
            return {}
        shares = self._classes[self._classes > 0] / self._n
        return {
            "spread": math.sqrt(variance / real_variance),
            "dimensions": dimensions / real_dimensions,
            "classes": math.exp(-float((shares * shares.log()).sum())),
            "real_variance": real_variance,
            **self._nearest(real_variance),
            **named((self._classes / self._n).tolist()),
        }

    def _nearest(self, real_variance: float) -> dict[str, float]:
        if self._n < NEIGHBOURS:
            return {}
        first = torch.cat(self._first)
        distances = torch.cdist(first, first, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
        return {"nearest": float(distances.amin(dim=1).median()) / math.sqrt(2 * real_variance)}


def _variance(moments: Moments) -> tuple[float, float]:
    """Trace of the covariance, and its effective number of dimensions (0 where there is no variance)."""
    mean = moments.total / moments.n
    covariance = moments.outer / moments.n - torch.outer(mean, mean)
    variance = max(0.0, float(covariance.trace()))
    squares = float((covariance**2).sum())
    return variance, variance**2 / squares if squares > 0 else 0.0
