"""R1: D is punished for its slope at the reals, so that it is flat where G has reached the data.

Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?" (arXiv:1801.04406), equation 9:
gamma / 2 * E_real |grad D(x)|^2, with which unregularised GANs converge locally. Reals are taken as D sees them;
StyleGAN2-ADA and R3GAN differentiate with respect to the images before augmentation (`before_augmentation`). With
`every` it is lazy, with `approximate` it needs no second derivative.
"""

from gan_core.tricks.input_gradient import no_batch_norm
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Trick
from gan_core.tricks.zero_centred_penalty import Images, Options, lazy_reach, no_randomness_in_d, penalty_at


def build(options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean squared gradient norm at the reals."""
    return penalty_at("r1", lambda s: Images(s.x_real, s.logits_real, s.unseen_real), options, context)


TRICK = Trick(
    name="r1",
    summary="punish D for its gradient at the reals",
    paper="Mescheder et al. 2018, arXiv:1801.04406, equation 9",
    options=Options,
    build=build,
    excludes=(no_batch_norm("warning"), no_randomness_in_d("r1")),
    reaches=(lazy_reach("r1"),),
)
