"""Conditional training: losses by hand, every loss and trick, captured, resumed; nothing moves without labels."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from gan_core.config import resolve
from gan_core.contract.tape import TapeRecorder
from gan_core.datasets.batches import BatchStream, ImageArray
from gan_core.game.losses import LOSSES
from gan_core.game.updates import updates
from gan_core.nets import CONDITIONINGS_D
from gan_core.nets.conditional import bound
from gan_core.problems import UserError
from gan_core.training import checkpoint
from gan_core.training.captured import Captured, obstacles
from gan_core.training.step import train_step
from gan_core.tricks import TRICKS, Trick
from tests.gan_core.trainer import TINY, same, steps, three_classes, tiny_state, weights
from tests.gan_core.tricks.triggers import triggered, untriggered

WAYS: tuple[dict[str, Any], ...] = (
    {"conditional": True},
    {"conditional": True, "conditioning_g": "concatenation", "conditioning_d": "auxiliary"},
)
each_way = pytest.mark.parametrize("way", WAYS, ids=["projection", "auxiliary"])
each_trick = pytest.mark.parametrize("trick", TRICKS.values(), ids=lambda trick: trick.name)
SGD = {"optimizer_g": "sgd", "optimizer_d": "sgd", "norm_d": "none"}


def test_labels_go_with_their_images(images: ImageArray) -> None:
    labelling = three_classes(len(images))
    stream = BatchStream(images, 0, torch.device("cpu"), labels=labelling.y)
    plain = BatchStream(images, 0, torch.device("cpu"))
    of_image = {image.tobytes(): int(y) for image, y in zip(images, labelling.y, strict=True)}
    for _ in range(45):  # across an epoch
        x, y = stream.draw(8)
        assert torch.equal(x, plain.next(8))
        assert plain.draw(1).y is None or pytest.fail("labels from nowhere")
        plain.position -= 1
        originals = ((x + 1) * 127.5).round().to(torch.uint8).numpy()
        assert y is not None
        assert [of_image[image.tobytes()] for image in originals] == y.tolist()


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_one_step_with_an_auxiliary_classifier_by_hand(weight: float, images: ImageArray) -> None:
    """Odena et al. 2017: cross-entropy of reals and fakes for D, of fakes for G."""
    state = tiny_state(images, **WAYS[1], **SGD, auxiliary_weight=weight)
    hand = tiny_state(images, **WAYS[1], **SGD, auxiliary_weight=weight)
    for update in updates(hand.config, hand.batches.draw, hand.latents):
        assert update.y is not None
        G, D, y = bound(hand.G, update.y), bound(hand.D, update.y), update.y
        x_fake, ones = G(update.z), torch.ones(8)
        if update.player == "D":
            x_fake = x_fake.detach()
            loss = binary_cross_entropy_with_logits(D(update.x_real), ones)
            loss = loss + binary_cross_entropy_with_logits(D(x_fake), 0 * ones)
            loss = loss + weight * cross_entropy(D.class_logits(update.x_real), y)
            net = hand.D
        else:
            loss, net = binary_cross_entropy_with_logits(D(x_fake), ones), hand.G
        loss = loss + weight * cross_entropy(D.class_logits(x_fake), y)
        gradients = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
        with torch.no_grad():
            for weight_, gradient in zip(net.parameters(), gradients, strict=True):
                if gradient is not None:
                    weight_ -= 2e-4 * gradient
    steps(state, 1)
    for ours, theirs in zip(weights(state.G, state.D), weights(hand.G, hand.D), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-7)
    assert {"class_loss_d", "class_loss_g"} <= state.meter.take().keys()


def test_d_makes_no_further_pass_for_the_classifier(images: ImageArray) -> None:
    passes = []
    for way in WAYS:
        state = tiny_state(images, **way)
        state.D.register_forward_hook(lambda *_: passes.append(1))
        steps(state, 1)
    assert len(passes) == 2 * 3


def test_reals_and_fakes_of_an_update_share_their_classes(images: ImageArray) -> None:
    """Also where several updates make up a step: G's have those of the reals that it is given with them."""
    state = tiny_state(images, conditional=True, d_steps=2, g_steps=2)
    made = list(updates(state.config, state.batches.draw, state.latents))
    of_player = [(update.player, update.y) for update in made]
    assert all(y is not None and y.shape == (8,) for _, y in of_player)
    assert [update.y is made[1].y for update in made] == [False, True, True, True]
    requested: list[torch.Tensor] = []
    state.G.register_forward_pre_hook(lambda *_: requested.append(state.G.condition.labels))
    state.D.register_forward_pre_hook(lambda *_: requested.append(state.D.condition.labels))
    steps(state, 1)
    assert [torch.equal(a, b) for a, b in zip(requested[::3][:2], requested[1::3][:2], strict=True)] == [True, True]
    assert len(requested) == 2 * 3 + 2 * 2


@each_way
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss: str, way: dict[str, Any], images: ImageArray) -> None:
    state = steps(tiny_state(images, **way, loss=loss), 4)
    assert all(torch.isfinite(w).all() for w in weights(state.G, state.D))


@each_trick
def test_every_trick_acts_or_is_refused_and_resumes(trick: Trick, images: ImageArray, tmp_path: Path) -> None:
    """Ways by turns, so that each is met by half of the tricks."""
    way = WAYS[list(TRICKS).index(trick.name) % 2]
    try:
        whole = steps(tiny_state(images, **way, **triggered(trick.name)), 6)
    except UserError as error:
        assert trick.name == "replay"
        assert "does not go with conditional: true" in str(error)  # noqa: PT017
        return
    plain = steps(tiny_state(images, **way, **untriggered(trick.name)), 6)
    assert all(torch.isfinite(w).all() for w in weights(whole.G, whole.D, whole.shown_g))
    assert not same([p.detach() for p in whole.shown_g.parameters()], [p.detach() for p in plain.shown_g.parameters()])
    assert trick.acts({name: value for measure in whole.doses[trick.name] for name, value in measure().items()})
    first = steps(tiny_state(images, **way, **triggered(trick.name)), 3)
    checkpoint.save(tmp_path / "checkpoint.pt", first, {})
    second = tiny_state(images, **way, **triggered(trick.name))
    checkpoint.load(tmp_path / "checkpoint.pt", second)
    steps(second, 3)
    assert same(weights(whole.G, whole.D, whole.shown_g), weights(second.G, second.D, second.shown_g))


@each_way
@pytest.mark.parametrize("settings", [{}, {"loss": "relativistic", "d_steps": 2, "g_steps": 2}, {"precision": "bf16"}])
def test_captured_updates_train_as_eager_ones(
    way: dict[str, Any], settings: dict[str, Any], images: ImageArray
) -> None:
    eager, replayed = (tiny_state(images, **way, **settings, spectral_norm=True, ema=True) for _ in range(2))
    assert not [obstacle for obstacle in obstacles(replayed) if "GPU" not in obstacle]
    learn = Captured(replayed, TapeRecorder())
    steps(eager, 6)
    for _ in range(6):
        train_step(replayed, learn)
    assert same(weights(eager.G, eager.D, eager.shown_g), weights(replayed.G, replayed.D, replayed.shown_g))
    assert eager.meter.take() == replayed.meter.take()


def test_labels_move_neither_data_nor_latents(images: ImageArray) -> None:
    plain, told = steps(tiny_state(images), 3), steps(tiny_state(images, conditional=True), 3)
    assert torch.equal(plain.batches.next(8), told.batches.next(8))
    assert torch.equal(plain.latents(8), told.latents(8))


@pytest.mark.parametrize(
    ("settings", "fingerprint"),
    [
        ({}, "737b1833a6638a7c"),
        ({"architecture": "mlp"}, "08b0274f76026d32"),
        ({"architecture": "wgan_tf"}, "7349222e711efd51"),
    ],
)
def test_a_run_without_labels_keeps_its_fingerprint(settings: dict[str, Any], fingerprint: str) -> None:
    """Recorded before there were conditional runs."""
    assert resolve({**TINY, **settings}).fingerprint() == fingerprint
    told = {"conditional": True, "conditioning_g": "concatenation"}
    prints = {resolve({**TINY, **settings, **told, "conditioning_d": how}).fingerprint() for how in CONDITIONINGS_D}
    assert len(prints | {fingerprint}) == 3


def test_labels_that_are_not_wanted_change_nothing(images: ImageArray) -> None:
    from gan_core.training.build import build

    config = resolve(TINY)
    plain, offered = (
        build(config, images, torch.device("cpu"), labels) for labels in (None, three_classes(len(images)))
    )
    assert same(weights(steps(plain, 2).G, plain.D), weights(steps(offered, 2).G, offered.D))
    assert list(plain.D.state_dict()) == list(offered.D.state_dict())
    with pytest.raises(ValueError, match="needs the labels"):
        build(resolve({**TINY, "conditional": True}), images, torch.device("cpu"))
