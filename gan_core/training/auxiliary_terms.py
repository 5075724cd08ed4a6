"""The auxiliary classifier's part of both losses: the class of reals and fakes is to be told from D's features.

Odena et al. 2017 (arXiv:1610.09585), section 3: L_C = E log P(c | x_real) + E log P(c | x_fake), which D and G both
want to be large. D's term is the cross-entropy on reals and on fakes; of G's only that on fakes depends on G. Taken
from the passes that D makes anyway.
"""

from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_core.nets.conditional import Given
from gan_core.tricks.seats import Parts, Pass, Term


def auxiliary_terms(weight: float) -> Parts:
    """A term of each player, noted as `class_loss_d` and `class_loss_g`."""

    def for_d(seen: Pass) -> Tensor:
        assert seen.x_real is not None
        return weight * (_wrongness(seen, seen.x_real) + _wrongness(seen, seen.x_fake))

    def for_g(seen: Pass) -> Tensor:
        return weight * _wrongness(seen, seen.x_fake)

    return Parts(d_terms=(Term("class_loss_d", 1, for_d),), g_terms=(Term("class_loss_g", 1, for_g),))


def _wrongness(seen: Pass, x: Tensor) -> Tensor:
    """Mean cross-entropy of the classifier on these images, which were to be of the classes y: scalar."""
    assert isinstance(seen.D, Given)
    return cross_entropy(seen.D.class_logits(x), seen.D.y)
