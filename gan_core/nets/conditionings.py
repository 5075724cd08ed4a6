"""Ways to tell G and D the class, by name. A network is made and initialised as without labels, then made conditional:
so it shares the initial weights of every layer that both have.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from gan_core.nets.conditional import Condition
from gan_core.nets.conditional_batch_norm import replace_batch_norms
from gan_core.nets.evaluating import evaluating
from gan_core.nets.label_answers import AuxiliaryClassifier, LabelProjection
from gan_core.nets.label_concatenation import LabelConcatenation, put_first
from gan_core.nets.network import DiscriminatorNetwork, Network
from gan_core.registry import Registry
from gan_core.schema.configuration import Config
from gan_core.schema.rules import Compatibility


@dataclass(frozen=True)
class ConditioningG:
    """`condition(G, config, classes)` edits an initialised G, whose input is `widened` times as long as z."""

    summary: str
    paper: str
    condition: Callable[[Network, Config, int], None]
    widened: int = 1
    needs: tuple[Compatibility, ...] = ()


@dataclass(frozen=True)
class ConditioningD:
    """`module(channels, classes, condition)` makes what answers for the class.

    Its forward pass is features h [N C ...], logits [N 1 ...] -> logits. `classifies`: it also says which class it
    sees, and both players have a term for that.
    """

    summary: str
    paper: str
    module: Callable[[int, int, Condition], nn.Module]
    classifies: bool = False
    needs: tuple[Compatibility, ...] = ()


def _by_batch_norm(G: Network, config: Config, classes: int) -> None:
    if not replace_batch_norms(G, classes, _condition_of(G)):
        raise ValueError(f"{config.architecture} has no batch normalisation in G that could be conditional")


def _by_concatenation(G: Network, config: Config, classes: int) -> None:
    put_first(G, LabelConcatenation(config.latent_dim, classes, _condition_of(G)))


def condition_d(D: Network, config: Config, classes: int, image_shape: tuple[int, int, int]) -> nn.Module:
    """Give an initialised D what answers for the class, which is returned, for it has not been initialised yet."""
    assert isinstance(D, DiscriminatorNetwork)
    with evaluating(D), torch.no_grad():
        channels = D.features(torch.zeros(1, *image_shape)).shape[1]
    D.answer = CONDITIONINGS_D[config.conditioning_d].module(channels, classes, _condition_of(D))
    return D.answer


def _condition_of(net: Network) -> Condition:
    if net.condition is None:
        net.condition = Condition()
    return net.condition


_of_g: dict[str, ConditioningG] = {
    "batch_norm": ConditioningG(
        summary="each class has its own gains and biases in every batch normalisation",
        paper="Dumoulin et al. 2017, arXiv:1610.07629; Miyato and Koyama 2018, arXiv:1802.05637",
        condition=_by_batch_norm,
        needs=(
            Compatibility(
                text="norm_g: batch",
                holds=lambda c: c.norm_g == "batch",
                reason="it gives each class the gains and biases of G's batch normalisations; "
                "conditioning_g: concatenation goes with any",
            ),
        ),
    ),
    "concatenation": ConditioningG(
        summary="a learnt vector of the class is appended to z",
        paper="Mirza and Osindero 2014, arXiv:1411.1784",
        condition=_by_concatenation,
        widened=2,
    ),
}
_of_d: dict[str, ConditioningD] = {
    "projection": ConditioningD(
        summary="the inner product of a learnt vector of the class with D's features is added to its logit",
        paper="Miyato and Koyama 2018, arXiv:1802.05637, equation 3",
        module=LabelProjection,
    ),
    "auxiliary": ConditioningD(
        summary="D also classifies reals and fakes, and G is to be classified as asked",
        paper="Odena et al. 2017, arXiv:1610.09585, section 3",
        module=AuxiliaryClassifier,
        classifies=True,
    ),
}
CONDITIONINGS_G: Registry[ConditioningG] = Registry("conditioning of G", _of_g)
CONDITIONINGS_D: Registry[ConditioningD] = Registry("conditioning of D", _of_d)
