"""Losses of the two players: one call signature for all, means over the batch, logits in.

D: (logits_real [N], logits_fake [N], t_real [N], t_fake [N]) -> scalar. G: (logits_fake [N]) -> scalar.
A loss without targets ignores t_real and t_fake.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  the field's name
from torch import Tensor


@dataclass(frozen=True)
class Loss:
    """What D and G minimise."""

    summary: str
    paper: str
    has_targets: bool
    d: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    g: Callable[[Tensor], Tensor]


def _cross_entropy_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    on_real = F.binary_cross_entropy_with_logits(real, t_real)
    return on_real + F.binary_cross_entropy_with_logits(fake, t_fake)


def _non_saturating_g(fake: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))  # -log D(G(z))


def _hinge_d(real: Tensor, fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


LOSSES: dict[str, Loss] = {
    "non_saturating": Loss(
        summary="D: binary cross-entropy on logits; G: -log D(G(z))",
        paper="Goodfellow et al. 2014, arXiv:1406.2661, section 3",
        has_targets=True,
        d=_cross_entropy_d,
        g=_non_saturating_g,
    ),
    "hinge": Loss(
        summary="D: max(0, 1 - D(x)) + max(0, 1 + D(G(z))); G: -D(G(z))",
        paper="Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, equations 16 and 17",
        has_targets=False,
        d=_hinge_d,
        g=lambda fake: -fake.mean(),
    ),
}
