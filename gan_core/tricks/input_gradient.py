"""How steep D is at an image: the gradient of its logit with respect to the pixels, which D can be trained through."""

from typing import Literal

import torch
from torch import Tensor, nn

from gan_core.tricks.trick import Compatibility


def input_gradient(D: nn.Module, x: Tensor) -> Tensor:
    """Gradient of each image's logit with respect to that image, [N C H W] like x, with a graph to D's weights.

    The gradient of the batch's sum is that of each image alone, as long as no logit depends on the other images.
    """
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gradient


def slopes(D: nn.Module, x: Tensor) -> Tensor:
    """Euclidean norm of the gradient at each image, [N]. Where it is 0, its own gradient is taken as 0."""
    norms: Tensor = torch.linalg.vector_norm(input_gradient(D, x).flatten(1), dim=1)
    return norms


def squared_slopes(D: nn.Module, x: Tensor) -> Tensor:
    """Squared Euclidean norm of the gradient at each image, [N]."""
    return input_gradient(D, x).square().flatten(1).sum(dim=1)


def no_batch_norm(severity: Literal["error", "warning"]) -> Compatibility:
    """The exclusion of batch normalisation in D: with it a logit depends on the whole batch."""
    return Compatibility(
        text="norm_d: batch",
        holds=lambda c: c.norm_d != "batch",
        reason="a penalty on each image's gradient is not valid where logits depend on the whole batch; the paper's "
        "critics have no batch norm, layer norm is its replacement (Gulrajani et al. 2017, section 4)",
        severity=severity,
    )
