"""Gradient clipping: a gradient that is longer than a bound is shortened to it, its direction kept.

One bad batch then cannot throw a network far. Pascanu et al. 2013, "On the difficulty of training recurrent neural
networks" (arXiv:1211.5063), Algorithm 1. The norm is that of all of a network's weights together, penalties included.
Adam divides each step by the size of recent gradients: a bound below all of them changes little but its epsilon.
A gradient that is not finite stays so, and the run is told to have diverged.
"""

from typing import Annotated, Literal

from pydantic import Field
from torch import nn

from gan_core.game.meter import DoseMeter
from gan_core.game.player import Player
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number
from gan_core.tricks.seats import Context, Parts, moving
from gan_core.tricks.trick import Trick


class Options(Record):
    """The bound, and whose gradients it is for."""

    max_norm: Annotated[Number, Bounds(gt=0)] = Field(1.0, description="largest Euclidean norm of a network's gradient")
    on: Literal["D", "G", "both"] = Field("both", description="which network's gradients")


def build(options: Options, context: Context) -> Parts:
    """Clip between backward pass and update; the dose is the fraction of updates that were clipped, by network."""
    tally = DoseMeter(context.device)

    def clip(net: nn.Module, player: Player) -> None:
        if options.on in (player, "both"):
            bound = context.now(options.max_norm)
            norm = nn.utils.clip_grad_norm_(net.parameters(), bound)
            tally.note(f"fraction_clipped_{player}", (norm > bound).float())

    return Parts(
        grads=(clip,),
        state={"gradient_clipping": tally},
        dose=(tally.dose,),
        eager=moving("gradient_clipping", options),
    )


TRICK = Trick(
    name="gradient_clipping",
    summary="shorten gradients that are longer than a bound",
    paper="Pascanu et al. 2013, arXiv:1211.5063, Algorithm 1",
    options=Options,
    build=build,
)
