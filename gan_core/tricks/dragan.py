"""DRAGAN: D's slope is drawn towards 1 in a neighbourhood of the reals.

Sharp gradients of D around real images lead to poor local equilibria and mode collapse. Kodali et al. 2017, "On
Convergence and Stability of GANs" (arXiv:1705.07215): weight * (|grad D(x + delta)| - k)^2 with
delta ~ N(0, c I). The authors' code takes something else, and is what the field copied: a perturbed batch
x + 0.5 std(batch) U[0, 1], and then for each image a point between x and that (`noise: uniform`, the default).
`noise: gaussian` is the paper's, with the standard deviation scale * std(batch) in place of sqrt(c), so that it
follows the range of the data. Reals are taken as D sees them.
"""

from typing import Annotated, Literal

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
    """How strongly the slope is drawn, where to, and how far from the reals."""

    weight: Annotated[Number, Bounds(gt=0)] = Field(10.0, description="weight of the penalty, the paper's lambda")
    target: float = Field(1.0, ge=0, description="gradient norm that D is drawn towards, the paper's k")
    scale: float = Field(0.5, gt=0, description="size of the perturbation in standard deviations of the batch")
    noise: Literal["uniform", "gaussian"] = Field(
        "uniform", description="as the authors' code perturbs (0 to scale, then a share of it), or as the paper does"
    )


def build(options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean gradient norm met, and the mean penalty before its weight."""
    tally = DoseMeter(context.device)

    def penalty(seen: Pass) -> Tensor:
        assert seen.x_real is not None
        norms = slopes(seen.D, perturbed(seen.x_real.detach(), options, context.stream))
        value = (norms - options.target).square().mean()
        tally.note("gradient_norm", norms.mean())
        tally.note("penalty", value)
        return context.now(options.weight) * value

    return Parts(
        d_terms=(Term("dragan", 1, penalty),),
        state={"dragan": tally},
        dose=(tally.dose,),
        eager=("dragan draws its points within the update", *moving("dragan", options)),
    )


def perturbed(x: Tensor, options: Options, stream: torch.Generator) -> Tensor:
    """Points near the reals, [N C H W]."""
    size = options.scale * x.std()
    if options.noise == "gaussian":
        return x + size * torch.empty_like(x).normal_(generator=stream)
    share = torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(generator=stream)
    return x + share * size * torch.empty_like(x).uniform_(generator=stream)


TRICK = Trick(
    name="dragan",
    summary="draw D's gradient norm towards 1 around the reals",
    paper="Kodali et al. 2017, arXiv:1705.07215",
    options=Options,
    build=build,
    excludes=(no_batch_norm("warning"),),
)
