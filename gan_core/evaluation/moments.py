"""Moments of features: their number, sum, and sum of outer products, all that a Fréchet distance reads."""

from dataclasses import dataclass

import torch
from torch import Tensor

ROWS = 1000  # features summed at once: the same sums whatever batches they come in


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the features of n images, as FrechetInceptionDistance keeps them."""

    n: Tensor  # [] int64
    total: Tensor  # [d] float64
    outer: Tensor  # [d d] float64, sum of f f^T

    def to(self, device: torch.device) -> "Moments":
        return Moments(self.n.to(device), self.total.to(device), self.outer.to(device))

    @property
    def mean(self) -> Tensor:
        """[d]"""
        return self.total / self.n

    @property
    def covariance(self) -> Tensor:
        """[d d], divided by n - 1."""
        return (self.outer - torch.outer(self.total, self.mean)) / (self.n - 1)


class MomentSums:
    """Moments of features that come one batch after another."""

    def __init__(self, num_features: int, device: torch.device) -> None:
        self._n = 0
        self._total = torch.zeros(num_features, dtype=torch.float64, device=device)
        self._outer = torch.zeros(num_features, num_features, dtype=torch.float64, device=device)
        self._waiting: list[Tensor] = []
        self._rows = 0

    def add(self, features: Tensor) -> None:
        """[N d]"""
        self._waiting.append(features.double())
        self._rows += len(features)
        if self._rows >= ROWS:
            together = torch.cat(self._waiting)
            whole = self._rows // ROWS * ROWS
            for rows in torch.split(together[:whole], ROWS):
                self._sum(rows)
            self._waiting, self._rows = [together[whole:]], self._rows - whole

    def moments(self) -> Moments:
        """Of all that was added so far; nothing may be added afterwards."""
        if self._rows:
            self._sum(torch.cat(self._waiting))
            self._waiting, self._rows = [], 0
        return Moments(torch.tensor(self._n, device=self._total.device), self._total, self._outer)

    def _sum(self, rows: Tensor) -> None:
        self._n += len(rows)
        self._total += rows.sum(dim=0)
        self._outer.addmm_(rows.t(), rows)


def moments_of(features: Tensor, device: torch.device) -> Moments:
    """Of features [N d] that are all there, summed on `device`."""
    sums = MomentSums(features.shape[1], device)
    for rows in torch.split(features, ROWS):
        sums.add(rows.to(device))
    return sums.moments()


def root_of(covariance: Tensor) -> Tensor:
    """R [d d] with R R^T = covariance, by its eigenvectors, so that it may be singular."""
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = vectors * values.clamp_min(0).sqrt()
    return root
