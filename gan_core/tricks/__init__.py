"""Every trick, in the canonical order: the order in which parts are combined, whatever the order in a study file."""

from collections.abc import Iterator

from gan_core.records import Record
from gan_core.registry import Registry, registry_of
from gan_core.schema.configuration import Config
from gan_core.tricks import (
    ada,
    consistency_regularization,
    diffaugment,
    dragan,
    dropout,
    ema,
    feature_matching,
    gradient_clipping,
    gradient_penalty,
    instance_noise,
    label_flipping,
    label_smoothing,
    lecam,
    minibatch_discrimination,
    minibatch_stddev,
    noisy_labels,
    r1,
    r2,
    replay,
    spectral_norm,
    weight_clipping,
)
from gan_core.tricks.trick import Compatibility, Trick

_ordered = (
    spectral_norm.TRICK,
    minibatch_stddev.TRICK,
    minibatch_discrimination.TRICK,
    replay.TRICK,
    diffaugment.TRICK,
    ada.TRICK,
    instance_noise.TRICK,
    dropout.TRICK,
    label_smoothing.TRICK,
    noisy_labels.TRICK,
    label_flipping.TRICK,  # after whatever else sets targets
    gradient_penalty.TRICK,
    dragan.TRICK,
    r1.TRICK,
    r2.TRICK,
    lecam.TRICK,
    consistency_regularization.TRICK,
    feature_matching.TRICK,
    gradient_clipping.TRICK,
    weight_clipping.TRICK,
    ema.TRICK,
)
TRICKS: Registry[Trick] = registry_of("trick", _ordered)
__all__ = ["TRICKS", "Compatibility", "Trick"]


def tricks_of(config: Config) -> Iterator[tuple[Trick, Record]]:
    """The tricks that are on, in canonical order, with their options; those of plug-ins come last, by `use`."""
    on = [trick for trick in TRICKS.values() if config.trick(trick.name) is not None]
    if config.use:
        order = {entry: place for place, entry in enumerate(config.use)}
        on.sort(key=lambda trick: order.get(TRICKS.owner(trick.name), -1))
    return ((trick, config.trick(trick.name)) for trick in on)
