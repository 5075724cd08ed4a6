"""Instance noise: its variance, its schedule, its places."""

import pytest
import torch

from gan_core.datasets.batches import ImageArray
from gan_core.tricks.instance_noise import Noise
from tests.gan_core.trainer import steps, tiny_state


def test_noise_is_gaussian_additive_and_has_the_asked_variance(images: ImageArray) -> None:
    (look,) = tiny_state(images, instance_noise=0.3).parts.view
    x = torch.linspace(-1, 1, 200_000).reshape(200, 1, 10, 100)
    noise = look(x) - x
    assert float(noise.mean()) == pytest.approx(0, abs=0.003)
    assert float(noise.std()) == pytest.approx(0.3, rel=0.01)
    assert float((noise**4).mean() / noise.var() ** 2) == pytest.approx(3, abs=0.05)  # a Gaussian's kurtosis
    assert abs(float(torch.corrcoef(torch.stack([x.flatten().abs(), noise.flatten().abs()]))[0, 1])) < 0.01


def test_two_looks_are_independent(images: ImageArray) -> None:
    (look,) = tiny_state(images, instance_noise=0.3).parts.view
    zeros = torch.zeros(100, 1, 16, 16)
    first, second = look(zeros).flatten(), look(zeros).flatten()
    assert abs(float(torch.corrcoef(torch.stack([first, second]))[0, 1])) < 0.03


@pytest.mark.parametrize(("kimg", "sigma"), [(0, 0.2), (0.25, 0.15), (0.5, 0.1), (0.75, 0.05), (1.0, 0.0), (2.0, 0.0)])
def test_sigma_falls_linearly_to_zero(images: ImageArray, kimg: float, sigma: float) -> None:
    state = tiny_state(images, instance_noise={"sigma": 0.2, "anneal_kimg": 1.0})
    state.clock.images = int(kimg * 1000)
    (dose,) = state.doses["instance_noise"]
    assert dose()["sigma"] == pytest.approx(sigma, abs=1e-9)
    zeros = torch.zeros(200, 1, 16, 16)
    assert float(state.parts.view[0](zeros).std()) == pytest.approx(sigma, rel=0.02, abs=1e-9)


def test_the_schedule_goes_by_images_seen_whatever_the_batch(images: ImageArray) -> None:
    options = {"sigma": 0.2, "anneal_kimg": 1.0}
    small = steps(tiny_state(images, instance_noise=options, batch_size=8), 20)
    large = steps(tiny_state(images, instance_noise=options, batch_size=32), 5)
    assert small.doses["instance_noise"][0]() == large.doses["instance_noise"][0]()


@pytest.mark.parametrize(("where", "blocks_with_noise"), [("input", []), ("layers", [0])])
def test_noise_inside_d_is_behind_hidden_blocks_but_the_last(
    images: ImageArray, where: str, blocks_with_noise: list[int]
) -> None:
    state = tiny_state(images, instance_noise={"sigma": 0.1, "where": where})
    found = [i for i, b in enumerate(state.D.blocks) if any(isinstance(m, Noise) for m in b.modules())]
    assert found == blocks_with_noise  # two hidden blocks at 16x16
    assert not any(isinstance(m, Noise) for m in [*state.D.head.modules(), *state.G.modules()])
    assert len(state.parts.view) == 1


def test_g_phase_goes_through_noise_too(images: ImageArray) -> None:
    state = tiny_state(images, instance_noise=0.1)
    (look,) = state.parts.view
    calls: list[int] = []
    look.register_forward_hook(lambda *_: calls.append(state.clock.step))
    steps(state, 2)
    assert calls == [0, 0, 0, 1, 1, 1]  # real, fake, and G's fake, each step


@pytest.mark.parametrize(
    ("on", "where", "d", "g", "views"),
    [
        ("D", "input", [], [], 1),
        ("G", "input", [], [0], 0),
        ("G", "layers", [], [0], 0),
        ("both", "input", [], [0], 1),
        ("both", "layers", [0], [0], 1),
    ],
)
def test_the_network_is_an_option(
    images: ImageArray, on: str, where: str, d: list[int], g: list[int], views: int
) -> None:
    state = tiny_state(images, instance_noise={"on": on, "where": where})
    for net, expected in ((state.D, d), (state.G, g)):
        assert [i for i, b in enumerate(net.blocks) if any(isinstance(m, Noise) for m in b.modules())] == expected
        assert not any(isinstance(m, Noise) for m in net.head.modules())
    assert len(state.parts.view) == views


def test_images_for_a_score_are_drawn_without_it(images: ImageArray) -> None:
    state = tiny_state(images, instance_noise={"sigma": 1.0, "on": "G"}, norm_g="none")
    z = torch.randn(4, 8)
    assert not torch.equal(state.G(z), state.G(z))
    state.G.eval()
    assert torch.equal(state.G(z), state.G(z))


def test_proportional_noise_is_a_tenth_of_each_pixel(images: ImageArray) -> None:
    """As GANHacks2's code has it: nothing on mid-grey, most on black and white."""
    (look,) = tiny_state(images, instance_noise={"sigma": 0.1, "proportional": True}).parts.view
    for value in (-1.0, -0.5, 0.0, 0.25, 1.0):
        noise = look(torch.full((200, 1, 16, 16), value)) - value
        assert float(noise.mean()) == pytest.approx(0, abs=0.002)
        assert float(noise.std()) == pytest.approx(0.1 * abs(value), rel=0.02)


def test_proportional_noise_passes_the_gradient_as_additive_noise_does(images: ImageArray) -> None:
    (look,) = tiny_state(images, instance_noise={"sigma": 0.5, "proportional": True}).parts.view
    x = torch.rand(2, 1, 16, 16, requires_grad=True)
    look(x).sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, torch.ones_like(x))
