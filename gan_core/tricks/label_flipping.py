"""Label flipping: now and then D is told that a real is fake, or a fake real.

D cannot become certain: its optimum is what it would be between two mixtures of the distributions. Chintala et al.
2016, "How to Train a GAN? Tips and tricks to make GANs work" (NIPS workshop; ganhacks), number 6: "occasionally flip
the labels when training the discriminator". Each image is flipped on its own with probability p; it gets the target
that the image of the same place has on the other side, so smoothed or noisy targets are exchanged as they are.
"""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from gan_core.game.meter import DoseMeter
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number, largest
from gan_core.tricks.seats import Context, Parts, moving
from gan_core.tricks.targets import a_loss_with_targets
from gan_core.tricks.trick import Compatibility, Trick


class Options(Record):
    """How often, and whose."""

    p: Annotated[Number, Bounds(gt=0, lt=1)] = Field(0.05, description="probability of an image's target to be flipped")
    on: Literal["real", "fake", "both"] = Field("both", description="whose targets are flipped")


def build(options: Options, context: Context) -> Parts:
    """Exchange targets of D; the dose is the fraction flipped, of those that could be."""
    tally = DoseMeter(context.device)

    def flip(t_real: Tensor, t_fake: Tensor) -> tuple[Tensor, Tensor]:
        on_real, on_fake = t_real, t_fake
        if options.on in ("real", "both"):
            on_real = torch.where(_drawn(t_real), t_fake, t_real)
        if options.on in ("fake", "both"):
            on_fake = torch.where(_drawn(t_fake), t_real, t_fake)
        return on_real, on_fake

    def _drawn(like: Tensor) -> Tensor:
        drawn = torch.empty_like(like).uniform_(generator=context.stream) < context.now(options.p)
        tally.note("fraction_flipped", drawn.float().mean())
        return drawn

    return Parts(
        targets=(flip,),
        state={"label_flipping": tally},
        dose=(tally.dose,),
        eager=("label_flipping draws whose targets it flips within the update", *moving("label_flipping", options)),
    )


TRICK = Trick(
    name="label_flipping",
    summary="exchange D's targets of some reals and fakes",
    paper="Chintala et al. 2016, ganhacks, number 6",
    options=Options,
    build=build,
    needs=(
        a_loss_with_targets("there is nothing to flip in a loss without targets"),
        Compatibility(
            text="p below 0.5",
            holds=lambda c: largest(c.trick("label_flipping").p) < 0.5 or c.trick("label_flipping").on != "both",
            reason="from there on D learns nothing, or to call reals fake",
            severity="warning",
        ),
    ),
)
