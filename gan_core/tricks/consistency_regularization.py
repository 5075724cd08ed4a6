"""Consistency regularisation: D has to say the same of an image and of that image flipped and moved a little.

D then looks at what an image shows rather than at where its pixels lie. Zhang et al. 2020, "Consistency Regularization
for Generative Adversarial Networks" (arXiv:1910.12027), Algorithm 1: weight * E |D(x) - D(T(x))|^2 over the reals, T
being a random horizontal flip and a shift by a few pixels, D its output before any sigmoid. With `fake_weight` also
over the fakes, which keeps D from taking T's traces for those of G: the balanced form of Zhao et al. 2020, "Improved
Consistency Regularization for GANs" (arXiv:2002.04724), Algorithm 1, with both weights at 10. Images are taken as D
sees them, G's phase is left alone, and what a shift uncovers is the image's own border, reflected.

A D that says the same of an image and of its mirror image lets G draw both. Where all images face one way (the shoes of
Fashion-MNIST, digits) `flip: false` keeps T within the data.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from gan_core.game.meter import DoseMeter
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number
from gan_core.tricks.image_transforms import flipped, translated
from gan_core.tricks.seats import Context, Parts, Pass, Term, moving
from gan_core.tricks.trick import Trick


class Options(Record):
    """How much it counts, for which images, and what is done to them."""

    weight: Annotated[Number, Bounds(gt=0)] = Field(10.0, description="weight for reals, the paper's lambda")
    fake_weight: Annotated[Number, Bounds(ge=0)] = Field(0.0, description="weight for fakes; above 0: balanced")
    shift: int = Field(4, ge=0, le=7, description="largest shift along each axis, px")
    flip: bool = Field(
        True, description="flip half of the images; not where left and right differ: digits, shoes that face one way"
    )


def build(options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean squared difference of D's outputs, before its weight."""
    tally = DoseMeter(context.device)

    def transformed(x: Tensor) -> Tensor:
        if options.flip:
            x = flipped(x, torch.rand(len(x), generator=context.stream, device=x.device) < 0.5)
        bounds = (-options.shift, options.shift + 1)
        down, right = (torch.randint(*bounds, (len(x),), generator=context.stream, device=x.device) for _ in range(2))
        return translated(x, down, right, "reflect")

    def penalty(seen: Pass) -> Tensor:
        assert seen.x_real is not None
        assert seen.logits_real is not None
        on_real: Tensor = (seen.logits_real - seen.D(transformed(seen.x_real))).square().mean()
        tally.note("squared_difference_real", on_real)
        weight, fake_weight = context.now(options.weight), context.now(options.fake_weight)
        if options.fake_weight == 0:
            return weight * on_real
        on_fake: Tensor = (seen.logits_fake - seen.D(transformed(seen.x_fake))).square().mean()
        tally.note("squared_difference_fake", on_fake)
        return weight * on_real + fake_weight * on_fake

    name = "consistency_regularization"
    return Parts(
        d_terms=(Term(name, 1, penalty),),
        state={name: tally},
        dose=(tally.dose,),
        eager=("consistency_regularization draws its transforms within the update", *moving(name, options)),
    )


TRICK = Trick(
    name="consistency_regularization",
    summary="D is to say the same of an image and of it flipped and shifted",
    paper="Zhang et al. 2020, arXiv:1910.12027, Algorithm 1; Zhao et al. 2020, arXiv:2002.04724, Algorithm 1",
    options=Options,
    build=build,
    mirrors=lambda options: options.flip,
)
