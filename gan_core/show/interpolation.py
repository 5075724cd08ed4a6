"""Paths through latent space that stay where a normal prior has its mass. White 2016, arXiv:1609.04468, section 2.1."""

import math

import torch
from torch import Tensor

PARALLEL = 1e-6  # rad: below this angle there is no arc to follow


def slerp(start: Tensor, end: Tensor, count: int) -> Tensor:
    """`count` latents from `start` to `end`, both included: [latent_dim] twice -> [count latent_dim].

    Along the great arc between their directions. A straight line would pass through norms that the prior never draws.
    Deviation: vectors of (nearly) one or opposite directions have no arc of their own and are joined by a straight one.
    """
    t = torch.linspace(0, 1, count, dtype=start.dtype)[:, None]
    cosine = torch.dot(start, end) / (start.norm() * end.norm())
    angle = float(torch.acos(cosine.clamp(-1, 1)))
    if not PARALLEL < angle < math.pi - PARALLEL:
        return torch.lerp(start, end, t)
    return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / math.sin(angle)


def slerp_path(stations: Tensor, count: int) -> Tensor:
    """From each of the stations [n latent_dim] to the next and back to the first: [n * count latent_dim], closed."""
    arcs = [slerp(a, b, count + 1)[:-1] for a, b in zip(stations, stations.roll(-1, dims=0), strict=True)]
    return torch.cat(arcs)


def circle(x_axis: Tensor, y_axis: Tensor, count: int) -> Tensor:
    """`count` latents evenly around cos(t) x + sin(t) y: [latent_dim] twice -> [count latent_dim], without the end.

    Two independent draws from a normal prior make each point of the circle such a draw.
    """
    t = torch.arange(count, dtype=x_axis.dtype)[:, None] * (2 * math.pi / count)
    return torch.cos(t) * x_axis + torch.sin(t) * y_axis
