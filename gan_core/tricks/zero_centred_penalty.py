"""What R1 and R2 share: D pays for its squared slope at some images, gamma / 2 * E |grad D(x)|^2.

Lazily (`every` > 1, Karras et al. 2020, arXiv:1912.04958, appendix B): the term enters D's loss at every `every`th
update of D, multiplied by `every`, so that its mean strength stays. Deviation: the learning rate and the decays of Adam
are not adjusted for it, as they are there.

The images are those that D sees: where a trick augments them, the penalty is on the augmented ones. With
`before_augmentation` the gradient is that of D(T(x)) with respect to x, T being the transforms that this update has
drawn, as in the codes of StyleGAN2-ADA and R3GAN (Huang et al. 2024, arXiv:2501.05441).

With `approximate` the squared slope is estimated from one more answer of D instead of being differentiated, which needs
no second derivative: |D(x) - D(x + sigma eps)|^2 / sigma^2 with eps ~ N(0, I), Lin et al. 2025 (APT,
arXiv:2501.08316, their approximated R1), whose lambda is gamma / (2 sigma^2). Its expectation is |grad D|^2 where D is
linear, and |grad D|^2 + O(sigma^2) where D is smooth: with the Hessian H, sigma^2 (2 |H|_F^2 + (tr H)^2) / 4 and a term
of third derivatives. One draw an image has a standard deviation of sqrt(2) |grad D|^2. What D rounds or draws at random
counts as slope.
"""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import torch
from pydantic import Field, model_validator
from torch import Tensor

from gan_core.game.meter import DoseMeter
from gan_core.game.updates import kimg_of
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Bounds, Number
from gan_core.schema.rules import Compatibility, Reach
from gan_core.tricks.input_gradient import squared_slopes
from gan_core.tricks.seats import Context, Parts, Pass, Term, moving


class Options(Record):
    """How strong, how often, at what, and how it is computed."""

    gamma: Annotated[Number, Bounds(gt=0)] = Field(
        10.0, description="weight; half of it times the squared gradient norm is the penalty"
    )
    every: int = Field(
        1, ge=1, le=1_000_000, description="updates of D from one penalty to the next, each `every` times as strong"
    )
    # Options of later date: configurations without them keep their fingerprint
    before_augmentation: bool = Field(
        False,
        exclude_if=lambda before: not before,
        description="gradient with respect to the images before any augmentation, and not to what D sees",
    )
    approximate: float | None = Field(
        None,
        gt=0,
        le=10,
        exclude_if=lambda sigma: sigma is None,
        description="standard deviation of the noise of a finite difference in place of the gradient; images span "
        "[-1, 1], 0.01 in its paper; none: exact",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "Options":
        if self.before_augmentation and self.approximate is not None:
            raise ValueError(
                "before_augmentation or approximate, not both: an image and the image with noise would be "
                "augmented differently"
            )
        return self


class Images(NamedTuple):
    """What the penalty is at: images as D saw them, what D said of them, and the same images before any view."""

    seen: Tensor | None  # [N C H W]
    logits: Tensor | None  # [N]
    unseen: Tensor | None  # [N C H W]


def lazy_reach(name: str) -> Reach:
    """The budget in which the trick of that name is applied a second time."""
    return Reach(
        "every",
        from_kimg=lambda c: kimg_of(c, -(-(c.trick(name).every + 1) // c.d_steps)) if c.trick(name).every > 1 else 0.0,
        shorter="the penalty is applied once, at the first update",
        instead=lambda c: "set a smaller every",
    )


def no_randomness_in_d(name: str) -> Compatibility:
    """The warning of a finite difference between two answers that differ by other things than the images."""

    def holds(config: Config) -> bool:
        dropout, noise = config.trick("dropout"), config.trick("instance_noise")
        is_random = (dropout is not None and dropout.on != "G") or (noise is not None and noise.where == "layers")
        return config.trick(name).approximate is None or (not is_random and config.precision == "float32")

    return Compatibility(
        text="approximate together with dropout or noise in D's layers, or with precision below float32",
        holds=holds,
        reason="the finite difference takes two answers of D to nearly the same image: what dropout, noise or rounding "
        "changes between them counts as slope, divided by approximate^2",
        severity="warning",
    )


def penalty_at(name: str, images_of: Callable[[Pass], Images], options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean squared gradient norm at these images, or its estimate."""
    tally = DoseMeter(context.device)

    def squared(seen: Pass) -> Tensor:
        images = images_of(seen)
        if options.before_augmentation:
            assert images.logits is not None
            assert images.unseen is not None
            (gradient,) = torch.autograd.grad(images.logits.sum(), images.unseen, create_graph=True)
            return gradient.square().flatten(1).sum(dim=1)
        assert images.seen is not None
        if options.approximate is None:
            return squared_slopes(seen.D, images.seen)
        x = images.seen.detach()
        noise = torch.empty_like(x).normal_(generator=context.stream)
        difference: Tensor = images.logits - seen.D(x + options.approximate * noise)
        return difference.square() / options.approximate**2

    def penalty(seen: Pass) -> Tensor:
        value = squared(seen).mean()
        tally.note("squared_gradient_norm", value)
        return context.now(options.gamma) / 2 * options.every * value

    draws = () if options.approximate is None else (f"{name} draws the noise of its difference within the update",)
    return Parts(
        d_terms=(Term(name, options.every, penalty, options.before_augmentation),),
        state={name: tally},
        dose=(tally.dose,),
        eager=(*draws, *moving(name, options)),
    )
