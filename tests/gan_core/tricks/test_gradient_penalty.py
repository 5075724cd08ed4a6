"""WGAN-GP's penalty: closed form on a linear D, and a gradient taken by hand."""

import pytest
import torch
from torch import nn

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from gan_core.tricks import gradient_penalty
from gan_core.tricks.gradient_penalty import Options, interpolates
from gan_core.tricks.input_gradient import slopes
from tests.gan_core.trainer import steps, tiny_state
from tests.gan_core.tricks.linear_d import LinearD, QuadraticD, a_pass, context, uniform


@pytest.mark.parametrize(("weight", "target", "length"), [(10, 1, 3.0), (20, 1, 0.5), (5, 0, 2.0)])
def test_on_a_linear_d_it_is_the_squared_distance_of_its_norm(weight: float, target: float, length: float) -> None:
    direction = torch.randn(9, generator=torch.Generator().manual_seed(1))
    D = LinearD(direction / direction.norm() * length)
    (term,) = gradient_penalty.build(Options(weight=weight, target=target), context()).d_terms
    value = term.value(a_pass(D, uniform(5, 1, 3, 3), uniform(5, 1, 3, 3, seed=1)))
    assert value.item() == pytest.approx(weight * (length - target) ** 2, rel=1e-5)
    # d/dw weight (|w| - target)^2 = 2 weight (|w| - target) w / |w|
    value.backward()
    torch.testing.assert_close(D.w.grad, 2 * weight * (length - target) * D.w.detach() / length)


def test_on_a_quadratic_d_the_norm_is_that_of_the_interpolate() -> None:
    D, x_real, x_fake = QuadraticD(1.5), uniform(6, 1, 2, 2), uniform(6, 1, 2, 2, seed=1)
    where = interpolates(x_real, x_fake, context().stream)
    expected = 10 * (1.5 * where.flatten(1).norm(dim=1) - 1).square().mean()
    (term,) = gradient_penalty.build(Options(), context()).d_terms  # a stream of the same seed
    torch.testing.assert_close(term.value(a_pass(D, x_real, x_fake)), expected)


def test_interpolates_lie_uniformly_on_the_segments_one_share_an_image() -> None:
    x_real, x_fake = uniform(4000, 1, 2, 3), uniform(4000, 1, 2, 3, seed=1)
    x = interpolates(x_real, x_fake, context().stream)
    shares = ((x - x_fake) / (x_real - x_fake)).flatten(1).double()
    share = shares.median(dim=1).values
    torch.testing.assert_close(x, x_fake + share.float()[:, None, None, None] * (x_real - x_fake), atol=1e-5, rtol=1e-4)
    assert float(share.min()) >= -1e-5
    assert float(share.max()) <= 1 + 1e-5
    assert float(share.mean()) == pytest.approx(0.5, abs=0.02)
    assert float(share.var()) == pytest.approx(1 / 12, rel=0.05)


def test_a_flat_d_has_a_finite_gradient() -> None:
    D = LinearD(torch.zeros(4))
    slopes(D, uniform(3, 1, 2, 2)).sub(1).square().mean().backward()
    assert torch.isfinite(D.w.grad).all()


def test_in_a_run_it_draws_the_norm_towards_one(images: ImageArray) -> None:
    settings = {"norm_d": "none", "lr_d": 5e-3, "lr_g": 1e-12}
    x_real = torch.from_numpy(images[:50]).float() / 127.5 - 1
    norms = []
    for penalty in (None, True):
        state = steps(tiny_state(images, gradient_penalty=penalty, **settings), 80)
        with torch.no_grad():
            x_fake = state.G(state.latents(50))
        between = interpolates(x_real, x_fake, torch.Generator().manual_seed(0))
        norms.append(slopes(state.D, between).mean().item())
    assert norms[0] > 1.5
    assert norms[1] == pytest.approx(1, abs=0.1)


def test_it_leaves_no_gradient_on_images_and_sees_what_d_sees(images: ImageArray) -> None:
    state = tiny_state(images, gradient_penalty=True, norm_d="none", instance_noise=0.5)
    inputs = []
    state.D.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0]))
    steps(state, 1)
    real, fake, between, _ = inputs
    assert isinstance(between, torch.Tensor)
    share = ((between - fake) / (real - fake)).flatten(1).median(dim=1).values[:, None, None, None]
    torch.testing.assert_close(between.detach(), fake + share.detach() * (real - fake), atol=1e-4, rtol=1e-3)
    assert real.grad is None
    assert not real.requires_grad


def test_batch_norm_is_refused_and_others_are_not() -> None:
    with pytest.raises(UserError, match="norm_d: batch"):
        resolve({"gradient_penalty": True})
    config = resolve({"gradient_penalty": 20, "norm_d": "none"})
    assert config.trick("gradient_penalty").weight == 20
    assert not broken_rules(config, "warning")


def test_the_dose_is_norm_and_penalty() -> None:
    parts = gradient_penalty.build(Options(), context())
    (term,) = parts.d_terms
    for length in (2.0, 4.0):
        D: nn.Module = LinearD(torch.tensor([length, 0, 0, 0]))
        term.value(a_pass(D, uniform(3, 1, 2, 2), uniform(3, 1, 2, 2, seed=1)))
    assert parts.dose[0]() == {"gradient_norm": pytest.approx(3.0), "penalty": pytest.approx((1 + 9) / 2)}
    assert parts.dose[0]() == {}
