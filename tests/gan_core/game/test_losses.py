"""Losses at two logits, by hand; where they saturate; what every one of them must keep to."""

import math

import pytest
import torch

from gan_core.datasets.batches import ImageArray
from gan_core.game.losses import LOSSES
from tests.gan_core.trainer import steps, tiny_state, weights

REAL, FAKE = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
ONES, ZEROS = torch.ones(2), torch.zeros(2)

each_loss = pytest.mark.parametrize("name", LOSSES)


def log_sigmoid(x: float) -> float:
    return -math.log(1 + math.exp(-x))


def d_loss(name: str, t_real: float = 1.0, t_fake: float = 0.0) -> float:
    return float(LOSSES[name].d(REAL, FAKE, t_real * ONES, t_fake * ONES))


def g_loss(name: str, t_fake: float = 1.0) -> float:
    return float(LOSSES[name].g(FAKE, t_fake * ONES, REAL if LOSSES[name].g_sees_reals else None))


CROSS_ENTROPY_D = -(log_sigmoid(2) + log_sigmoid(-1)) / 2 - (log_sigmoid(-0.5) + log_sigmoid(3)) / 2
BY_HAND = {
    "non_saturating": (CROSS_ENTROPY_D, -(log_sigmoid(0.5) + log_sigmoid(-3)) / 2),
    "non_saturating_sigmoid": (CROSS_ENTROPY_D, -(log_sigmoid(0.5) + log_sigmoid(-3)) / 2),
    "minimax": (CROSS_ENTROPY_D, (log_sigmoid(-0.5) + log_sigmoid(3)) / 2),
    # ((1^2 + 2^2) / 2 + (0.5^2 + 3^2) / 2) / 2 and ((0.5^2 + 4^2) / 2) / 2
    "least_squares": ((1 + 4) / 4 + (0.25 + 9) / 4, (0.25 + 16) / 4),
    "hinge": ((0 + 2) / 2 + (1.5 + 0) / 2, (3 - 0.5) / 2),
    "wasserstein": ((0.5 - 3) / 2 - (2 - 1) / 2, (3 - 0.5) / 2),
    # pairs: 2 against 0.5, -1 against -3
    "relativistic": (-(log_sigmoid(1.5) + log_sigmoid(2)) / 2, -(log_sigmoid(-1.5) + log_sigmoid(-2)) / 2),
}


@each_loss
def test_two_logits_by_hand(name: str) -> None:
    assert (d_loss(name), g_loss(name)) == (pytest.approx(BY_HAND[name][0]), pytest.approx(BY_HAND[name][1]))


@pytest.mark.parametrize("name", ["non_saturating", "minimax", "non_saturating_sigmoid"])
def test_cross_entropy_with_soft_targets(name: str) -> None:
    real = -sum(0.9 * log_sigmoid(x) + 0.1 * log_sigmoid(-x) for x in (2, -1)) / 2
    fake = -sum(0.2 * log_sigmoid(x) + 0.8 * log_sigmoid(-x) for x in (0.5, -3)) / 2
    assert d_loss(name, 0.9, 0.2) == pytest.approx(real + fake, rel=1e-6)


def test_least_squares_with_soft_targets() -> None:
    assert d_loss("least_squares", 0.9, 0.2) == pytest.approx((1.1**2 + 1.9**2) / 4 + (0.3**2 + 3.2**2) / 4)
    assert g_loss("least_squares", 0.9) == pytest.approx((0.4**2 + 3.9**2) / 4)


def slopes(name: str, logits: list[float]) -> list[float]:
    """The derivative of G's loss by each logit."""
    return [float(torch.func.grad(lambda x: LOSSES[name].g(x, ONES[:1], None))(torch.tensor([x]))) for x in logits]


def test_minimax_saturates_where_the_other_does_not() -> None:
    """d/dl log(1 - sigmoid(l)) = -sigmoid(l), and d/dl -log sigmoid(l) = sigmoid(l) - 1."""
    logits = [-10.0, 0.0, 3.0]
    sigmoids = [1 / (1 + math.exp(-x)) for x in logits]
    assert slopes("minimax", logits) == pytest.approx([-s for s in sigmoids])
    assert slopes("non_saturating", logits) == pytest.approx([s - 1 for s in sigmoids])


def test_sigmoid_first_loses_the_gradient_that_logits_keep() -> None:
    """Below -27.6 (sigmoid's slope 1e-12) G's gradient is sigmoid / 1e-12; above 17 D's is gone."""
    assert slopes("non_saturating", [-20.0, -40.0]) == pytest.approx([-1.0, -1.0])
    assert slopes("non_saturating_sigmoid", [-20.0, -40.0]) == pytest.approx([-1.0, -math.exp(-40) / 1e-12], rel=1e-3)
    for name, value, slope in (("non_saturating", 20.0, 1.0), ("non_saturating_sigmoid", 100.0, 0.0)):
        fooled = torch.tensor([20.0], requires_grad=True)
        loss = LOSSES[name].d(torch.tensor([200.0]), fooled, ONES[:1], ZEROS[:1])
        loss.backward()
        assert (float(loss.detach()), float(fooled.grad)) == (pytest.approx(value), pytest.approx(slope))


def test_relativistic_knows_differences_only() -> None:
    loss = LOSSES["relativistic"]
    assert loss.d(REAL + 5, FAKE + 5, ONES, ZEROS) == pytest.approx(loss.d(REAL, FAKE, ONES, ZEROS))
    assert loss.g(FAKE, ONES, REAL) == pytest.approx(loss.d(FAKE, REAL, ONES, ZEROS))  # the players swap sides


@each_loss
def test_d_looks_at_reals_for_g_only_where_the_loss_compares(name: str, images: ImageArray) -> None:
    state = tiny_state(images, loss=name)
    looks: list[bool] = []
    state.D.register_forward_hook(lambda module, inputs, output: looks.append(output.requires_grad))
    steps(state, 2)
    assert len(looks) == 2 * (4 if LOSSES[name].g_sees_reals else 3)
    assert all(torch.isfinite(w).all() for w in weights(state.G, state.D))
    assert LOSSES[name].paper
    assert LOSSES[name].summary


def test_least_squares_is_undecided_at_a_half(images: ImageArray) -> None:
    """So its diagnostics are read around 0.5, the others' around 0."""
    state = tiny_state(images, loss="least_squares", lr_d=1e-12)
    with torch.no_grad():
        state.D.head.weight.zero_()
        state.D.head.bias.fill_(0.25)  # D says 0.25 of everything: nearer to 0 than to 1
    steps(state, 1)
    means = state.meter.take()
    assert means["d_accuracy"] == 0.5
    assert means["d_real"] == pytest.approx(1 / (1 + math.exp(0.25)), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("logit", [1e4, -1e4, math.inf, -math.inf, math.nan])
def test_no_logit_is_an_exception(name: str, logit: float) -> None:
    """A run that diverges must be counted as diverged: an exception would call it failed, and train it again."""
    loss = LOSSES[name]
    real, fake = (torch.tensor([logit, 0.5]).requires_grad_() for _ in range(2))
    ones, zeros = torch.ones(2), torch.zeros(2)
    values = [loss.d(real, fake, ones, zeros), loss.g(fake, ones, real if loss.g_sees_reals else None)]
    for value in values:
        value.backward()
        assert math.isfinite(value.item()) or not math.isfinite(logit)


@pytest.mark.parametrize("target", [-0.5, 0.3, 1.2])
def test_sigmoid_first_takes_soft_targets_as_logits_do(target: float) -> None:
    """-t log p - (1 - t) log(1 - p), for any t: noisy labels draw targets up to 1.2."""
    logits, t = torch.tensor([-2.0, 0.3, 4.0]), torch.full((3,), target)
    first, with_logits = (LOSSES[name].g(logits, t, None) for name in ("non_saturating_sigmoid", "non_saturating"))
    torch.testing.assert_close(first, with_logits)


def test_sigmoid_first_is_torchs_own_to_the_last_bit() -> None:
    logits = torch.linspace(-120, 120, 997).requires_grad_()
    t = torch.linspace(0, 1, 997)
    ours = LOSSES["non_saturating_sigmoid"].g(logits, t, None)
    (gradient,) = torch.autograd.grad(ours, logits)
    theirs = torch.nn.functional.binary_cross_entropy(logits.sigmoid(), t)
    (expected,) = torch.autograd.grad(theirs, logits)
    assert torch.equal(ours, theirs)
    assert torch.equal(gradient, expected)
