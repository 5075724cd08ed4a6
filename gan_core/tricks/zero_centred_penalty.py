"""What R1 and R2 share: D pays for its squared slope at some images, gamma / 2 * E |grad D(x)|^2.

Lazily (`every` > 1, Karras et al. 2020, arXiv:1912.04958, appendix B): the term enters D's loss at every `every`th
update of D, multiplied by `every`, so that its mean strength stays. Deviation: the learning rate and the decays of Adam
are not adjusted for it, as they are there. The images are those that D sees: where a trick augments them, the penalty
is on the augmented ones (the authors of R3GAN take it before).
"""

from collections.abc import Callable

from pydantic import Field
from torch import Tensor

from gan_core.game.meter import DoseMeter
from gan_core.game.updates import kimg_of
from gan_core.records import Record
from gan_core.schema.rules import Reach
from gan_core.tricks.input_gradient import squared_slopes
from gan_core.tricks.seats import Context, Parts, Pass, Term


class Options(Record):
    """How strong, and how often."""

    gamma: float = Field(10.0, gt=0, description="weight; half of it times the squared gradient norm is the penalty")
    every: int = Field(
        1, ge=1, le=1_000_000, description="updates of D from one penalty to the next, each `every` times as strong"
    )


def lazy_reach(name: str) -> Reach:
    """The budget in which the trick of that name is applied a second time."""
    return Reach(
        "every",
        from_kimg=lambda c: kimg_of(c, -(-(c.trick(name).every + 1) // c.d_steps)) if c.trick(name).every > 1 else 0.0,
        shorter="the penalty is applied once, at the first update",
        instead=lambda c: "set a smaller every",
    )


def penalty_at(name: str, images_of: Callable[[Pass], Tensor], options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean squared gradient norm at these images."""
    tally = DoseMeter(context.device)

    def penalty(seen: Pass) -> Tensor:
        value = squared_slopes(seen.D, images_of(seen)).mean()
        tally.note("squared_gradient_norm", value)
        return options.gamma / 2 * options.every * value

    return Parts(d_terms=(Term(name, options.every, penalty),), state={name: tally}, dose=(tally.dose,))
