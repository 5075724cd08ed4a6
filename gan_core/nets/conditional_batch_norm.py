"""Conditional batch normalisation: each class has a gain and a bias of its own for every channel.

Dumoulin et al. 2017, "A Learned Representation for Artistic Style" (arXiv:1610.07629), equation 5; in G: Miyato and
Koyama 2018 (arXiv:1802.05637), section 4. Mean and variance are those of the whole batch, whatever its classes.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding
from torch.nn.modules.batchnorm import _BatchNorm

from gan_core.nets.conditional import Condition


class ConditionalBatchNorm(nn.Module):
    """[N C ...] -> the same shape. At its beginning all classes have the gain and bias of the layer that it replaces.

    So that a conditional G begins as the unconditional one of the same seed.
    """

    def __init__(self, plain: _BatchNorm, classes: int, condition: Condition) -> None:
        super().__init__()
        self.condition = condition
        self.statistics = type(plain)(plain.num_features, plain.eps, plain.momentum, affine=False)
        gain = torch.ones(plain.num_features) if plain.weight is None else plain.weight.detach()
        bias = torch.zeros(plain.num_features) if plain.bias is None else plain.bias.detach()
        self.gain = nn.Parameter(gain.repeat(classes, 1))  # [K C]
        self.bias = nn.Parameter(bias.repeat(classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.condition.labels
        over_space = (..., *[None] * (x.ndim - 2))
        gain, bias = (embedding(y, rows)[over_space] for rows in (self.gain, self.bias))  # [N C 1 1]
        normalised: Tensor = self.statistics(x)
        return torch.addcmul(bias, gain, normalised)


def replace_batch_norms(net: nn.Module, classes: int, condition: Condition) -> int:
    """Replace every batch normalisation in the network; how many there were."""
    found = [
        (parent, name, child)
        for parent in net.modules()
        for name, child in parent.named_children()
        if isinstance(child, _BatchNorm)
    ]
    for parent, name, plain in found:
        parent.add_module(name, ConditionalBatchNorm(plain, classes, condition))
    return len(found)
