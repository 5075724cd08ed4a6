"""Dropout: each activation is zeroed with probability p, the rest are scaled by 1/(1-p).

D cannot rely on a few features, which slows it down and keeps its verdict soft. Srivastava et al. 2014, "Dropout",
JMLR 15; in a GAN's D: Salimans et al. 2016 (arXiv:1606.03498), whose published D drops its input and hidden layers.
After each hidden block, never on the last layer. Element-wise, also behind convolutions. In G, where pix2pix wants it
as its only noise (Isola et al. 2017, arXiv:1611.07004, section 3.1), it is off when images are drawn for a score;
theirs stays on.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from gan_core.game.player import Player
from gan_core.nets.network import Network
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number
from gan_core.tricks.seats import Context, Parts, moving
from gan_core.tricks.trick import Compatibility, Trick


class Options(Record):
    """How much is dropped."""

    p: Annotated[Number, Bounds(gt=0, lt=1)] = Field(0.3, description="probability of an activation to be zeroed")
    on: Literal["D", "G", "both"] = Field("D", description="which network; in G it is reported to hurt")


class Dropout(nn.Module):
    """Element-wise dropout with a random stream of its own. [...] -> the same shape."""

    def __init__(self, p: Callable[[], float], stream: torch.Generator) -> None:
        """`p`: the probability now."""
        super().__init__()
        self.p = p
        self.stream = stream
        self.kept: Tensor | None = None  # mask of the last pass, for the dose

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        share = 1 - self.p()
        kept = torch.empty_like(x).bernoulli_(share, generator=self.stream)
        self.kept = kept.detach()
        return x * kept / share


def build(options: Options, context: Context) -> Parts:
    """Dropout after every hidden block of the chosen networks; the dose is the fraction dropped in the last pass."""
    modules: list[Dropout] = []

    def drop(net: Network, player: Player) -> None:
        if options.on in (player, "both"):
            for block in net.blocks:
                modules.append(Dropout(lambda: context.now(options.p), context.stream))
                block.add_module("dropout", modules[-1])

    def dose() -> dict[str, float]:
        masks = [m.kept for m in modules if m.kept is not None]
        if not masks:
            return {}
        return {"fraction_dropped": 1 - float(torch.stack([k.mean() for k in masks]).mean())}

    return Parts(
        layers=(drop,), dose=(dose,), eager=("dropout draws its masks within the update", *moving("dropout", options))
    )


TRICK = Trick(
    name="dropout",
    summary="zero activations at random, of D by default, never on the last layer",
    paper="Srivastava et al. 2014, JMLR 15; Salimans et al. 2016, arXiv:1606.03498",
    options=Options,
    build=build,
    edits_blocks=lambda options: True,
    excludes=(
        Compatibility(
            text="activation_d: selu, or activation_g: selu with dropout in G",
            holds=lambda c: (
                not any(
                    activation == "selu" and c.trick("dropout").on in (player, "both")
                    for player, activation in (("D", c.activation_d), ("G", c.activation_g))
                )
            ),
            reason="plain dropout moves SELU away from its fixed point; Klambauer et al. 2017 use alpha dropout",
            severity="warning",
        ),
    ),
)
