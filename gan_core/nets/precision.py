"""The number format in which the networks compute while they train. Weights, moments, losses, images stay float32.

A network in evaluation mode computes in float32 whatever it was trained in, so scores and samples are float32's. Every
penalty on D's slope goes through the networks and so has their format; what it adds up is float32.
"""

from dataclasses import dataclass

import torch

from gan_core.registry import Registry


@dataclass(frozen=True)
class Precision:
    """`autocast`: the format of matrix products and convolutions, None being float32; `tf32`: a GPU may round to it."""

    summary: str
    paper: str
    autocast: torch.dtype | None = None
    tf32: bool = False


_own: dict[str, Precision] = {
    "float32": Precision("24 significant bits everywhere", "IEEE 754-2008"),
    "tf32": Precision(
        "a GPU's products round what they multiply to 11 significant bits, and add up in float32",
        "NVIDIA A100 Tensor Core GPU Architecture, 2020",
        tf32=True,
    ),
    "bf16": Precision(
        "matrix products and convolutions, and what is between them, in 8 significant bits",
        "Kalamkar et al. 2019, arXiv:1905.12322; as mixed precision: Micikevicius et al. 2018, arXiv:1710.03740",
        autocast=torch.bfloat16,
    ),
}
PRECISIONS: Registry[Precision] = Registry("precision", _own)
