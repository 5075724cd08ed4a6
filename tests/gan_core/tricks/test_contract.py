"""What every trick in the registry must keep to. A new trick is tested before its author writes a test."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core import config, tricks
from gan_core.datasets.batches import ImageArray
from gan_core.game.losses import LOSSES
from gan_core.problems import UserError
from gan_core.registry import registry_of
from gan_core.training import checkpoint
from gan_core.training.captured import Captured, obstacles
from gan_core.training.step import train_step
from gan_core.tricks import TRICKS, Trick
from tests.gan_core.trainer import same, steps, tiny_state, weights
from tests.gan_core.training.taped import TapeRecorder
from tests.gan_core.tricks.triggers import triggered, untriggered

each_trick = pytest.mark.parametrize("trick", TRICKS.values(), ids=lambda trick: trick.name)


@each_trick
def test_off_is_bit_identical_to_a_trainer_without_it(
    trick: Trick, images: ImageArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = steps(tiny_state(images, **{trick.name: False}), 5)
    with_trick_off = weights(off.G, off.D)
    assert off.parts == type(off.parts)()
    monkeypatch.setattr(tricks, "TRICKS", registry_of("trick", (t for t in TRICKS.values() if t is not trick)))
    without = steps(tiny_state(images), 5)
    assert same(with_trick_off, weights(without.G, without.D))


@each_trick
def test_on_differs_from_off(trick: Trick, images: ImageArray) -> None:
    on, off = (steps(tiny_state(images, **settings(trick.name)), 5) for settings in (triggered, untriggered))
    assert not same([p.detach() for p in on.shown_g.parameters()], [p.detach() for p in off.shown_g.parameters()])


@each_trick
def test_a_trick_moves_neither_data_nor_latents_nor_initial_weights(trick: Trick, images: ImageArray) -> None:
    on, off = (tiny_state(images, **settings(trick.name)) for settings in (triggered, untriggered))
    for net_on, net_off in ((on.G, off.G), (on.D, off.D)):
        plain = {n.replace("parametrizations.", "").replace(".original", ""): p for n, p in net_on.named_parameters()}
        for name, p in net_off.named_parameters():  # a trick may add parameters, and channels behind those of D
            assert torch.equal(plain[name][tuple(map(slice, p.shape))], p)
    steps(on, 3), steps(off, 3)
    assert torch.equal(on.batches.next(8), off.batches.next(8))
    assert torch.equal(on.latents(8), off.latents(8))


@each_trick
def test_resumed_equals_uninterrupted(trick: Trick, images: ImageArray, tmp_path: Path) -> None:
    whole = steps(tiny_state(images, **triggered(trick.name)), 6)
    first = steps(tiny_state(images, **triggered(trick.name)), 3)
    checkpoint.save(tmp_path / "checkpoint.pt", first, {})
    second = tiny_state(images, **triggered(trick.name))
    checkpoint.load(tmp_path / "checkpoint.pt", second)
    steps(second, 3)
    assert same(weights(whole.G, whole.D, whole.shown_g), weights(second.G, second.D, second.shown_g))
    assert whole.meter.take() == second.meter.take()
    assert [measure() for measure in whole.doses[trick.name]] == [measure() for measure in second.doses[trick.name]]


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


@pytest.mark.parametrize("loss", LOSSES)
@each_trick
def test_it_goes_with_every_loss_or_is_refused(trick: Trick, loss: str, images: ImageArray) -> None:
    """With each loss that no rule refuses it acts, changes the run, and stays finite."""
    try:
        on = tiny_state(images, **triggered(trick.name), loss=loss)
    except UserError:
        return  # with a reason: UserError has one
    off = steps(tiny_state(images, **untriggered(trick.name), loss=loss), 5)
    steps(on, 5)
    assert all(torch.isfinite(w).all() for w in weights(on.G, on.D, on.shown_g))
    assert not same([p.detach() for p in on.shown_g.parameters()], [p.detach() for p in off.shown_g.parameters()])
    assert trick.acts({name: value for measure in on.doses[trick.name] for name, value in measure().items()})


@each_trick
def test_papers_options_and_dose(trick: Trick, images: ImageArray) -> None:
    assert any(year in trick.paper for year in map(str, range(1990, 2100)))
    assert trick.summary
    for name, field in trick.options.model_fields.items():
        assert field.description, name
        assert not field.is_required(), f"{name}: a bare flag must work"
    state = steps(tiny_state(images, **triggered(trick.name)), 2)
    dose = {name: value for measure in state.doses[trick.name] for name, value in measure().items()}
    assert dose
    assert all(isinstance(value, float) for value in dose.values())
    assert trick.acts(dose)


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
