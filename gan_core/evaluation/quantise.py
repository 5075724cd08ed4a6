"""From G's output to pictures. Done here because torchmetrics' own conversion truncates and wraps round."""

import torch
from torch import Tensor


class NotFiniteError(FloatingPointError):
    """G gave NaN or infinity: there is no picture, and no score."""


def to_uint8(x: Tensor) -> Tensor:
    """[N C H W] in [-1, 1] -> uint8 in [0, 255]. Raises NotFiniteError where x holds NaN or infinity.

    Values outside [-1, 1] are clamped. One synchronisation with the device a call.
    """
    if not torch.isfinite(x).all():
        raise NotFiniteError("G's output is not finite")
    return (x * 127.5 + 128).clamp(0, 255).to(torch.uint8)
