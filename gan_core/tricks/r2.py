"""R2: D is punished for its slope at the fakes.

Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?" (arXiv:1801.04406), equation 10:
gamma / 2 * E_fake |grad D(G(z))|^2. The R3GAN baseline uses it together with R1: Huang et al. 2024 (arXiv:2501.05441),
section 2.2. Fakes are taken as D sees them, or before any augmentation (`before_augmentation`), without a graph to G.
With `every` it is lazy, with `approximate` it needs no second derivative.
"""

from gan_core.tricks.input_gradient import no_batch_norm
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Trick
from gan_core.tricks.zero_centred_penalty import Images, Options, lazy_reach, no_randomness_in_d, penalty_at


def build(options: Options, context: Context) -> Parts:
    """A term of D's loss; the dose is the mean squared gradient norm at the fakes."""
    return penalty_at("r2", lambda s: Images(s.x_fake, s.logits_fake, s.unseen_fake), options, context)


TRICK = Trick(
    name="r2",
    summary="punish D for its gradient at the fakes",
    paper="Mescheder et al. 2018, arXiv:1801.04406, equation 10",
    options=Options,
    build=build,
    excludes=(no_batch_norm("warning"), no_randomness_in_d("r2")),
    reaches=(lazy_reach("r2"),),
)
