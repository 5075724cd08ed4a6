"""Label smoothing: the targets that D and G are really trained towards."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.game.losses import LOSSES
from gan_core.problems import UserError
from gan_core.training.build import State
from gan_core.training.step import train_step
from tests.gan_core.trainer import tiny_state


@pytest.mark.parametrize(
    ("setting", "real", "fake"),
    [(None, 1.0, 0.0), (True, 0.9, 0.0), (0.7, 0.7, 0.0), ({"real": 0.9, "fake": 0.1}, 0.9, 0.1)],
)
def test_d_gets_the_targets(images: ImageArray, setting: Any, real: float, fake: float) -> None:
    state = tiny_state(images, label_smoothing=setting)
    plain, seen = state.loss, []

    def d(logits_real: Tensor, logits_fake: Tensor, t_real: Tensor, t_fake: Tensor) -> Tensor:
        seen.append((t_real, t_fake))
        return plain.d(logits_real, logits_fake, t_real, t_fake)

    state.loss = replace(plain, d=d)
    train_step(state)
    ((t_real, t_fake),) = seen
    assert t_real.tolist() == [pytest.approx(real)] * 8
    assert t_fake.tolist() == [pytest.approx(fake)] * 8


def test_g_still_aims_at_one(images: ImageArray) -> None:
    """G's loss is -log D(G(z)), smoothing or not."""
    smoothed, plain = (tiny_state(images, label_smoothing=setting) for setting in (0.9, None))
    logits = torch.tensor([-1.0, 0.5, 2.0])
    expected = -torch.log(torch.sigmoid(logits)).mean()
    assert float(smoothed.loss.g(logits, torch.ones(3), None)) == pytest.approx(float(expected), rel=1e-6)
    assert smoothed.loss.g is plain.loss.g
    assert smoothed.parts.g_targets == ()


def targets_of_g(state: State) -> list[float]:
    """What G's loss is given in one step."""
    plain, seen = state.loss, []

    def g(fake: Tensor, t_fake: Tensor, real: Tensor | None) -> Tensor:
        seen.extend(t_fake.tolist())
        return plain.g(fake, t_fake, real)

    state.loss = replace(plain, g=g)
    train_step(state)
    return seen


@pytest.mark.parametrize(
    ("setting", "target"), [(None, 1.0), (True, 1.0), ({"g": 0.9}, 0.9), ({"real": 1.0, "g": 0.8}, 0.8)]
)
def test_g_gets_a_smoothed_target_on_request_only(images: ImageArray, setting: Any, target: float) -> None:
    assert targets_of_g(tiny_state(images, label_smoothing=setting)) == [pytest.approx(target)] * 8


def test_a_smoothed_g_is_content_with_less_than_certainty() -> None:
    """The slope of G's loss vanishes where D(G(z)) is the target."""
    logit = torch.tensor([0.9], dtype=torch.float64).logit().requires_grad_(True)
    LOSSES["non_saturating"].g(logit, torch.tensor([0.9], dtype=torch.float64), None).backward()
    assert float(logit.grad) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if loss.has_targets])
def test_gs_target_needs_a_loss_of_g_with_one(loss: str) -> None:
    assert resolve({"loss": loss, "label_smoothing": 0.9}).trick("label_smoothing").g == 1
    if LOSSES[loss].g_has_target:
        resolve({"loss": loss, "label_smoothing": {"g": 0.9}})
    else:
        with pytest.raises(UserError, match="nothing to smooth in G's loss"):
            resolve({"loss": loss, "label_smoothing": {"g": 0.9}})


def test_the_best_logit_is_that_of_the_target() -> None:
    """A D that sees only reals settles where sigmoid(logit) is 0.9."""
    logit = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([logit], lr=5.0)
    for _ in range(300):
        optimizer.zero_grad()
        LOSSES["non_saturating"].d(logit, torch.full((1,), -50.0), torch.tensor([0.9]), torch.zeros(1)).backward()
        optimizer.step()
    assert float(logit.detach().sigmoid()) == pytest.approx(0.9, abs=1e-4)


@pytest.mark.parametrize(("amount", "meant"), [(0.1, "0.9"), (0.25, "0.75")])
def test_an_amount_is_told_from_a_target(amount: float, meant: str) -> None:
    with pytest.raises(UserError, match=f"{amount:g} is meant as the target.*did you mean '{meant}'"):
        resolve({"label_smoothing": amount})
