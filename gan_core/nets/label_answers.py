"""How D answers for a class: from the features of its last hidden block, summed over space.

Both modules get the features h [N C ...] and what D's last layer has made of them, [N 1 ...]; phi(x) is h summed over
space, as in the code of Miyato and Koyama 2018.
"""

from torch import Tensor, nn
from torch.nn.functional import embedding

from gan_core.nets.conditional import Condition


class LabelProjection(nn.Module):
    """Adds the inner product of a learnt vector of the class with the features: y^T V phi(x).

    Miyato and Koyama 2018, "cGANs with Projection Discriminator" (arXiv:1802.05637), equation 3; D's last layer is
    its psi. V is a linear map, whose row y is used, so that initialisations and spectral normalisation take it as they
    take the others.
    """

    def __init__(self, channels: int, classes: int, condition: Condition) -> None:
        super().__init__()
        self.condition = condition
        self.V = nn.Linear(channels, classes, bias=False)  # weight [K C]

    def forward(self, h: Tensor, logits: Tensor) -> Tensor:
        vectors = embedding(self.condition.labels, self.V.weight)  # [N C]
        return logits.float().flatten() + (vectors * summed(h)).sum(dim=1)


class AuxiliaryClassifier(nn.Module):
    """Tells the class from the features, and leaves the logit of real or fake as it is.

    Odena et al. 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs" (arXiv:1610.09585), section 3. The
    loss of its answers is a term of both players (`gan_core.training.auxiliary_terms`).
    """

    def __init__(self, channels: int, classes: int, condition: Condition) -> None:
        super().__init__()
        self.condition = condition
        self.classify = nn.Linear(channels, classes)

    def forward(self, h: Tensor, logits: Tensor) -> Tensor:
        self.condition.leave(self.classify(summed(h)).float())  # [N K]
        return logits


def summed(h: Tensor) -> Tensor:
    """[N C ...] -> [N C] float32, the sum over space."""
    return h.float().flatten(2).sum(dim=2) if h.ndim > 2 else h.float()
