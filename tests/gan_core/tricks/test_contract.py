"""What tricks in the registry must keep to in company and in recordings; what each must keep to by itself is in
`tests/gan_core/contract/test_registries.py`.
"""

import itertools
from typing import Any

import pytest
import torch

from gan_core import config
from gan_core.contract.tape import TapeRecorder
from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from gan_core.training.captured import Captured, obstacles
from gan_core.training.step import train_step
from gan_core.tricks import TRICKS, Trick
from tests.gan_core.trainer import same, steps, tiny_state, weights
from tests.gan_core.tricks.triggers import triggered, untriggered

each_trick = pytest.mark.parametrize("trick", TRICKS.values(), ids=lambda trick: trick.name)


@each_trick
def test_a_trick_moves_no_initial_weights(trick: Trick, images: ImageArray) -> None:
    on, off = (tiny_state(images, **settings(trick.name)) for settings in (triggered, untriggered))
    for net_on, net_off in ((on.G, off.G), (on.D, off.D)):
        plain = {n.replace("parametrizations.", "").replace(".original", ""): p for n, p in net_on.named_parameters()}
        for name, p in net_off.named_parameters():  # a trick may add parameters, and channels behind those of D
            assert torch.equal(plain[name][tuple(map(slice, p.shape))], p)


@each_trick
def test_replayed_updates_train_as_eager_ones_or_the_trick_says_why_they_cannot(
    trick: Trick, images: ImageArray
) -> None:
    """With a lazy term beside it, so that D has two recordings."""
    settings = {"r1": {"every": 3}, **triggered(trick.name)}
    replayed = tiny_state(images, **settings)
    if replayed.parts.eager:
        assert all(trick.name in reason for reason in replayed.parts.eager)
        assert set(replayed.parts.eager) <= set(obstacles(replayed))
        return
    eager, learn = steps(tiny_state(images, **settings), 8), Captured(replayed, TapeRecorder())
    for _ in range(8):
        train_step(replayed, learn)
    assert same(weights(eager.G, eager.D, eager.shown_g), weights(replayed.G, replayed.D, replayed.shown_g))
    assert eager.meter.take() == replayed.meter.take()
    assert [measure() for measure in eager.doses[trick.name]] == [measure() for measure in replayed.doses[trick.name]]


def test_which_tricks_can_be_captured(images: ImageArray) -> None:
    """A new trick that can't be is told here too: a run with it loses what CUDA graphs gain."""
    able = {trick.name for trick in TRICKS.values() if not tiny_state(images, **triggered(trick.name)).parts.eager}
    assert able == {
        "spectral_norm",
        "minibatch_stddev",
        "minibatch_discrimination",
        "label_smoothing",
        "r1",
        "r2",
        "gradient_clipping",
        "weight_clipping",
        "ema",
    }


@pytest.mark.parametrize(
    "pair", list(itertools.combinations(TRICKS.values(), 2)), ids=lambda pair: "+".join(t.name for t in pair)
)
def test_every_pair_stays_finite_or_is_refused(pair: tuple[Trick, Trick], images: ImageArray) -> None:
    settings: dict[str, Any] = {**triggered(pair[0].name), **triggered(pair[1].name)}
    try:
        state = tiny_state(images, **settings)
    except UserError:
        return  # with a reason: UserError has one
    assert all(torch.isfinite(w).all() for w in weights(steps(state, 4).G, state.D, state.shown_g))


def test_the_order_of_the_settings_does_not_matter(images: ImageArray) -> None:
    settings = all_that_go_together()
    forward, backward = (
        steps(tiny_state(images, **{name: settings[name] for name in order}), 3)
        for order in (list(settings), list(reversed(settings)))
    )
    assert same(weights(forward.G, forward.D), weights(backward.G, backward.D))
    assert forward.config.fingerprint() == backward.config.fingerprint()


def all_that_go_together() -> dict[str, Any]:
    """As many tricks at once as no rule refuses, in canonical order."""
    settings: dict[str, Any] = {}
    for trick in TRICKS.values():
        try:
            config.resolve({**settings, **triggered(trick.name)})
        except UserError:
            continue
        settings |= triggered(trick.name)
    assert len(settings) > len(TRICKS) / 2
    return settings
