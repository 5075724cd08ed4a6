"""Gradient penalty of WGAN-GP: D's slope is drawn towards 1 on the lines between reals and fakes.

An optimal Wasserstein critic has gradient norm 1 almost everywhere on straight lines between coupled points of the
two distributions. Gulrajani et al. 2017, "Improved Training of Wasserstein GANs" (arXiv:1704.00028), equation 3 and
Algorithm 1: weight * (|grad D(x_hat)| - 1)^2 with x_hat = eps x_real + (1 - eps) x_fake, eps ~ U[0, 1] for each image.
Two-sided, as in the paper. Reals and fakes are taken as D sees them (with instance noise, augmentation...).
With `target` 0: zero-centred between reals and fakes, Thanh-Tung et al. 2019 (arXiv:1902.03984).
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from gan_core.game.meter import DoseMeter
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number
from gan_core.tricks.input_gradient import no_batch_norm, slopes
from gan_core.tricks.seats import Context, Parts, Pass, Term, moving
from gan_core.tricks.trick import Trick


class Options(Record):
    """How strongly the slope is drawn, and where to."""

    weight: Annotated[Number, Bounds(gt=0)] = Field(10.0, description="weight of the penalty, the paper's lambda")
    target: float = Field(1.0, ge=0, description="gradient norm that D is drawn towards")


def build(options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean gradient norm met, and the mean penalty before its weight."""
    tally = DoseMeter(context.device)

    def penalty(seen: Pass) -> Tensor:
        assert seen.x_real is not None
        norms = slopes(seen.D, interpolates(seen.x_real, seen.x_fake, context.stream))
        value = (norms - options.target).square().mean()
        tally.note("gradient_norm", norms.mean())
        tally.note("penalty", value)
        return context.now(options.weight) * value

    return Parts(
        d_terms=(Term("gradient_penalty", 1, penalty),),
        state={"gradient_penalty": tally},
        dose=(tally.dose,),
        eager=("gradient_penalty draws its points within the update", *moving("gradient_penalty", options)),
    )


def interpolates(x_real: Tensor, x_fake: Tensor, stream: torch.Generator) -> Tensor:
    """A point on the segment between each real and its fake, uniformly drawn: [N C H W], without a graph."""
    share = torch.empty(len(x_real), 1, 1, 1, device=x_real.device).uniform_(generator=stream)
    return torch.lerp(x_fake.detach(), x_real.detach(), share)


TRICK = Trick(
    name="gradient_penalty",
    summary="draw D's gradient norm towards 1 between reals and fakes (WGAN-GP)",
    paper="Gulrajani et al. 2017, arXiv:1704.00028, equation 3",
    options=Options,
    build=build,
    excludes=(no_batch_norm("error"),),
)
