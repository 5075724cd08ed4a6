"""Every trick, in the canonical order: the order in which parts are combined, whatever the order in a study file."""

from gan_core.tricks import dropout, instance_noise, label_smoothing, spectral_norm
from gan_core.tricks.trick import Rule, Trick

TRICKS: tuple[Trick, ...] = (
    spectral_norm.TRICK,
    instance_noise.TRICK,
    dropout.TRICK,
    label_smoothing.TRICK,
)

__all__ = ["TRICKS", "Rule", "Trick"]
