"""R1: D is punished for its slope at the reals, so that it is flat where G has reached the data.

Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?" (arXiv:1801.04406), equation 9:
gamma / 2 * E_real |grad D(x)|^2, with which unregularised GANs converge locally. Reals are taken as D sees them;
StyleGAN2-ADA differentiates with respect to the images before augmentation.
Lazily (`every` > 1, Karras et al. 2020, arXiv:1912.04958, appendix B): the term enters D's loss every so many steps,
multiplied by `every`, so that its mean strength stays. Deviation: the learning rate and the decays of Adam are not
adjusted for it, as they are there.
"""

from pydantic import Field
from torch import Tensor

from gan_core.records import Record
from gan_core.seats import Context, Parts, Pass, Term
from gan_core.tally import Tally
from gan_core.tricks.input_gradient import no_batch_norm, squared_slopes
from gan_core.tricks.trick import Trick


class Options(Record):
    """How strong, and how often."""

    gamma: float = Field(10.0, gt=0, description="weight; half of it times the squared gradient norm is the penalty")
    every: int = Field(1, ge=1, description="steps from one penalty to the next, each `every` times as strong")


def build(options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean squared gradient norm at the reals."""
    tally = Tally(context.device)

    def penalty(seen: Pass) -> Tensor:
        assert seen.x_real is not None
        value = squared_slopes(seen.D, seen.x_real).mean()
        tally.note("squared_gradient_norm", value)
        return options.gamma / 2 * options.every * value

    return Parts(d_terms=(Term("r1", options.every, penalty),), state={"r1": tally}, dose=(tally.dose,))


TRICK = Trick(
    name="r1",
    summary="punish D for its gradient at the reals",
    paper="Mescheder et al. 2018, arXiv:1801.04406, equation 9",
    options=Options,
    build=build,
    excludes=(no_batch_norm("warning"),),
)
