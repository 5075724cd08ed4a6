"""Dropout on D's last layer: each logit is zeroed with probability p, the rest are scaled by 1/(1-p).

What GANHacks2 warns of, and why the platform's own `dropout` stops before the last layer: a zeroed logit says nothing
of its image, and G learns nothing from it. Srivastava et al. 2014, JMLR 15, drop input and hidden layers, never outputs.
"""

from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from gan_core.game.player import Player
from gan_core.nets.network import Network
from gan_core.plugins import register
from gan_core.records import Record
from gan_core.tricks.dropout import Dropout
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Trick


class Options(Record):
    """How much is dropped."""

    p: float = Field(0.3, gt=0, lt=1, description="probability of a logit to be zeroed")


def build(options: Options, context: Context) -> Parts:
    """Dropout behind D's last layer; the dose is the fraction dropped in the last pass."""
    modules: list[Dropout] = []

    def drop(net: Network, player: Player) -> None:
        if player == "D":
            dropout = Dropout(lambda: options.p, context.stream)
            net.head.add_module("dropout", dropout)  # so that it is off whenever D is
            net.head.register_forward_hook(dropped)
            modules.append(dropout)

    def dropped(head: nn.Module, _: Any, logits: Tensor) -> Tensor:
        masked: Tensor = head.get_submodule("dropout")(logits)
        return masked

    def dose() -> dict[str, float]:
        masks = [module.kept for module in modules if module.kept is not None]
        return {"fraction_dropped": 1 - float(torch.stack([k.mean() for k in masks]).mean())} if masks else {}

    return Parts(layers=(drop,), dose=(dose,), eager=("dropout draws its masks within the update",))


register(
    Trick(
        name="dropout_on_logits",
        summary="zero D's logits at random: dropout on its last layer",
        paper="Srivastava et al. 2014, JMLR 15, who never do it",
        options=Options,
        build=build,
    )
)
