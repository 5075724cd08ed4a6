"""Nearest neighbours in the space of features, exactly, a part of all distances at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

ELEMENTS = 2**24  # distances held at once


class Neighbours(NamedTuple):
    """Of each query its k nearest points, nearest first."""

    distances: Tensor  # [M k] float64
    indices: Tensor  # [M k] int64


def distance_rows(queries: Tensor, points: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Euclidean distances of the queries [M d] to all points [N d], float64: (first query, [some N]) in order.

    As |q|^2 - 2 q p + |p|^2 around the points' mean; in float64 what that loses is below 1e-7 of the features' spread.
    """
    mean = points.mean(dim=0)
    queries, points = queries - mean, points - mean
    squares = points.square().sum(dim=1)
    rows = max(1, ELEMENTS // len(points))
    for start in range(0, len(queries), rows):
        part = queries[start : start + rows]
        squared = torch.addmm(squares, part, points.t(), alpha=-2).add_(part.square().sum(dim=1, keepdim=True))
        yield start, squared.clamp_min_(0).sqrt_()


def nearest(queries: Tensor, points: Tensor, k: int, others: bool = False) -> Neighbours:
    """The k nearest points [N d] of each query [M d], both float64. `others`: the queries are the points themselves."""
    distances, indices = [], []
    for start, rows in distance_rows(queries, points):
        if others:
            own = torch.arange(len(rows), device=rows.device)
            rows[own, start + own] = torch.inf
        found = rows.topk(k, dim=1, largest=False)
        distances.append(found.values)
        indices.append(found.indices)
    return Neighbours(torch.cat(distances), torch.cat(indices))
