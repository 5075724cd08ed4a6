"""Label smoothing: the targets that D and G are really trained towards."""

from typing import Any

import pytest
import torch
from torch import Tensor

from gan_core.data import ImageArray
from gan_core.losses import Loss
from gan_core.step import train_step
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

    state.loss = Loss(plain.summary, plain.paper, plain.has_targets, d, plain.g)
    train_step(state)
    ((t_real, t_fake),) = seen
    assert t_real.tolist() == [pytest.approx(real)] * 8
    assert t_fake.tolist() == [pytest.approx(fake)] * 8


def test_g_still_aims_at_one(images: ImageArray) -> None:
    """G's loss is -log D(G(z)), smoothing or not."""
    smoothed, plain = (tiny_state(images, label_smoothing=setting) for setting in (0.9, None))
    logits = torch.tensor([-1.0, 0.5, 2.0])
    expected = -torch.log(torch.sigmoid(logits)).mean()
    assert float(smoothed.loss.g(logits)) == pytest.approx(float(expected), rel=1e-6)
    assert smoothed.loss.g is plain.loss.g


def test_the_best_logit_is_that_of_the_target() -> None:
    """A D that sees only reals settles where sigmoid(logit) is 0.9."""
    from gan_core.losses import LOSSES

    logit = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([logit], lr=5.0)
    for _ in range(300):
        optimizer.zero_grad()
        LOSSES["non_saturating"].d(logit, torch.full((1,), -50.0), torch.tensor([0.9]), torch.zeros(1)).backward()
        optimizer.step()
    assert float(logit.detach().sigmoid()) == pytest.approx(0.9, abs=1e-4)
