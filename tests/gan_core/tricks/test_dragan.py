"""DRAGAN: where it looks, and its closed form on a linear D."""

import pytest
import torch

from gan_core.config import broken_rules, resolve
from gan_core.tricks import dragan
from gan_core.tricks.dragan import Options, perturbed
from tests.gan_core.tricks.linear_d import LinearD, a_pass, context, uniform


def test_on_a_linear_d_it_is_the_squared_distance_of_its_norm() -> None:
    D = LinearD(torch.tensor([3.0, 4.0, 0, 0]))
    parts = dragan.build(Options(weight=2.0, target=1.5), context())
    value = parts.d_terms[0].value(a_pass(D, uniform(5, 1, 2, 2), uniform(5, 1, 2, 2, seed=1)))
    assert value.item() == pytest.approx(2 * (5 - 1.5) ** 2)
    assert parts.dose[0]() == {"gradient_norm": pytest.approx(5.0), "penalty": pytest.approx(3.5**2)}


def test_gaussian_perturbation_has_the_asked_deviation() -> None:
    x = uniform(2000, 1, 5, 5)
    noise = perturbed(x, Options(noise="gaussian", scale=0.5), context().stream) - x
    sigma = 0.5 * float(x.std())
    assert float(noise.mean()) == pytest.approx(0, abs=0.005)
    assert float(noise.std()) == pytest.approx(sigma, rel=0.01)
    assert float((noise**4).mean() / noise.var() ** 2) == pytest.approx(3, abs=0.1)


def test_uniform_perturbation_is_a_share_an_image_of_positive_noise_a_pixel() -> None:
    x = uniform(3000, 1, 8, 8)
    noise = (perturbed(x, Options(scale=0.5), context().stream) - x) / (0.5 * x.std())
    assert float(noise.min()) >= -1e-5
    assert float(noise.max()) <= 1 + 1e-5
    assert float(noise.mean()) == pytest.approx(0.25, abs=0.01)  # E alpha E u
    by_image = noise.flatten(1).mean(dim=1)  # alpha / 2, nearly
    assert float(by_image.var()) == pytest.approx(1 / 12 / 4 + 1 / 3 / 12 / 64, rel=0.06)


def test_only_reals_are_looked_at() -> None:
    seen = []

    class Spy(LinearD):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x.detach())
            return super().forward(x)

    D, x_real = Spy(torch.ones(4)), uniform(5, 1, 2, 2)
    given = a_pass(D, x_real, torch.full((5, 1, 2, 2), 1e6))
    dragan.build(Options(), context()).d_terms[0].value(given)
    assert len(seen) == 3  # the two of the pass, and the penalty's
    assert float((seen[2] - x_real).abs().max()) <= 0.5 * float(x_real.std()) + 1e-6


def test_batch_norm_is_warned_about() -> None:
    assert [p.where[0] for p in broken_rules(resolve({"dragan": True}), "warning")] == ["dragan"]
    assert not broken_rules(resolve({"dragan": True, "norm_d": "none"}), "warning")
