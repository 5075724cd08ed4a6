"""Every trick, in the canonical order: the order in which parts are combined, whatever the order in a study file."""

from gan_core.tricks import (
    ada,
    diffaugment,
    dropout,
    instance_noise,
    label_smoothing,
    minibatch_discrimination,
    minibatch_stddev,
    replay,
    spectral_norm,
)
from gan_core.tricks.trick import Rule, Trick

TRICKS: tuple[Trick, ...] = (
    spectral_norm.TRICK,
    minibatch_stddev.TRICK,
    minibatch_discrimination.TRICK,
    replay.TRICK,
    diffaugment.TRICK,
    ada.TRICK,
    instance_noise.TRICK,
    dropout.TRICK,
    label_smoothing.TRICK,
)

__all__ = ["TRICKS", "Rule", "Trick"]
