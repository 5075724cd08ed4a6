"""G is told the class with z: a learnt vector of the class is appended to it.

Mirza and Osindero 2014, "Conditional Generative Adversarial Nets" (arXiv:1411.1784), section 3.2, join z and the class
in G's first layers. Here the vector has as many dimensions as z and starts as N(0, 1), as z is drawn.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from gan_core.nets.conditional import Condition
from gan_core.nets.network import Network


class LabelConcatenation(nn.Module):
    """z [N latent_dim] -> [N 2*latent_dim]."""

    def __init__(self, latent_dim: int, classes: int, condition: Condition) -> None:
        super().__init__()
        self.condition = condition
        self.embedding = nn.Embedding(classes, latent_dim)

    def forward(self, z: Tensor) -> Tensor:
        return torch.cat([z, self.embedding(self.condition.labels)], dim=1)


def put_first(net: Network, module: nn.Module) -> None:
    """Let z pass through this module before anything else."""
    first = net.blocks[0]
    net.blocks[0] = nn.Sequential(OrderedDict([("label", module), *first.named_children()]))
