"""R1 and R2: closed form on a quadratic D, whose side, lazily, before an augmentation, and without a gradient."""

import copy
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from gan_core.config import broken_rules, resolve
from gan_core.contract.tape import TapeRecorder
from gan_core.datasets.batches import ImageArray
from gan_core.problems import UserError
from gan_core.training import checkpoint
from gan_core.training.captured import Captured
from gan_core.training.step import train_d, train_step
from gan_core.tricks import r1, r2
from tests.gan_core.trainer import same, steps, tiny_state, weights
from tests.gan_core.tricks.linear_d import LinearD, QuadraticD, a_pass, context, uniform


@pytest.mark.parametrize(("trick", "side"), [(r1, "real"), (r2, "fake")])
def test_on_a_quadratic_d_it_is_the_mean_square_of_the_images(trick: ModuleType, side: str) -> None:
    """D(x) = a |x|^2 / 2, so |grad D|^2 = a^2 |x|^2 and the derivative by a is gamma a E |x|^2."""
    D, x_real, x_fake = QuadraticD(0.7), uniform(6, 1, 2, 2), 3 * uniform(6, 1, 2, 2, seed=1)
    mean_square = float((x_real if side == "real" else x_fake).flatten(1).square().sum(dim=1).mean())
    parts = trick.build(trick.Options(gamma=5.0), context())
    value = parts.d_terms[0].value(a_pass(D, x_real, x_fake))
    assert value.item() == pytest.approx(5 / 2 * 0.7**2 * mean_square, rel=1e-5)
    value.backward()
    assert float(D.a.grad) == pytest.approx(5 * 0.7 * mean_square, rel=1e-5)
    assert parts.dose[0]() == {"squared_gradient_norm": pytest.approx(0.7**2 * mean_square, rel=1e-5)}


@pytest.mark.parametrize("trick", [r1, r2])
def test_lazily_it_comes_less_often_and_as_much_stronger(trick: ModuleType) -> None:
    given = a_pass(QuadraticD(1.0), uniform(4, 1, 2, 2), uniform(4, 1, 2, 2, seed=1))
    (each,) = trick.build(trick.Options(gamma=1.0), context()).d_terms
    (lazy,) = trick.build(trick.Options(gamma=1.0, every=16), context()).d_terms
    assert (each.every, lazy.every) == (1, 16)
    torch.testing.assert_close(lazy.value(given), 16 * each.value(given))


def test_a_lazy_run_pays_only_when_it_is_due(images: ImageArray) -> None:
    state = steps(tiny_state(images, r1={"gamma": 10.0, "every": 4}, norm_d="none"), 5)
    assert state.parts.state["r1"].state_dict()["meter"]["squared_gradient_norm"][1] == 2  # steps 0 and 4


def test_both_together_are_neither_alone(images: ImageArray) -> None:
    runs = [{"r1": True}, {"r2": True}, {"r1": True, "r2": True}]
    states = [steps(tiny_state(images, norm_d="none", **run), 3) for run in runs]
    assert not any(same(weights(states[2].D), weights(state.D)) for state in states[:2])


def test_r1_flattens_d_at_the_reals(images: ImageArray) -> None:
    settings = {"norm_d": "none", "lr_d": 2e-3}
    x = torch.from_numpy(images[:50]).float() / 127.5 - 1
    slopes = []
    for gamma in (None, 100.0):
        D = steps(tiny_state(images, r1=gamma, **settings), 30).D
        leaf = x.clone().requires_grad_(True)
        D(leaf).sum().backward()
        slopes.append(float(leaf.grad.flatten(1).norm(dim=1).mean()))
    assert slopes[1] < slopes[0] / 3


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_batch_norm_is_warned_about(name: str) -> None:
    assert [name] == [p.where[0] for p in broken_rules(resolve({name: True}), "warning")]
    assert not broken_rules(resolve({name: True, "norm_d": "none"}), "warning")


@pytest.mark.parametrize(
    ("every", "d_steps", "due"), [(4, 5, [2, 1, 1, 1]), (4, 1, [1, 0, 0, 0]), (3, 2, [1, 1, 0, 1])]
)
def test_lazily_counts_updates_of_d(every: int, d_steps: int, due: list[int], images: ImageArray) -> None:
    """Updates 0, every, 2 every... of D, whatever their number in a step: of 20 updates every fourth has a penalty."""
    state = tiny_state(images, r1={"every": every}, norm_d="none", d_steps=d_steps)
    counts = []
    for _ in due:
        steps(state, 1)
        counts.append(state.meter.counts.get("r1", 0))
        state.meter.take()
    assert counts == due


def test_a_resumed_lazy_run_goes_on_in_the_middle_of_a_cycle(images: ImageArray, tmp_path: Path) -> None:
    settings = {"r1": {"every": 3}, "norm_d": "none", "d_steps": 2}
    whole = steps(tiny_state(images, **settings), 5)
    first = steps(tiny_state(images, **settings), 2)
    checkpoint.save(tmp_path / "checkpoint.pt", first, {})
    second = tiny_state(images, **settings)
    checkpoint.load(tmp_path / "checkpoint.pt", second)
    assert same(weights(whole.G, whole.D), weights(steps(second, 3).G, second.D))


class Smooth(nn.Module):
    """D(x) = w . x + a |x|^2 / 2 in float64: its gradient is w + a x, its Hessian a I."""

    def __init__(self, a: float) -> None:
        super().__init__()
        self.w, self.a = torch.linspace(-1, 1, 9, dtype=torch.float64), a

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        return flat @ self.w + self.a * flat.square().sum(dim=1) / 2


@pytest.mark.parametrize(("trick", "side"), [(r1, "real"), (r2, "fake")])
@pytest.mark.parametrize("a", [0.0, 0.8])
def test_the_finite_difference_estimates_the_squared_gradient_norm(trick: ModuleType, side: str, a: float) -> None:
    """E |D(x) - D(x + s e)|^2 / s^2 = |g|^2 + s^2 a^2 (2 n + n^2) / 4 for a gradient g and a Hessian a I, e ~ N(0, I).

    Odd moments vanish, and e'He / 2 has the mean square a^2 (2 n + n^2) / 4. With 200,000 draws the mean of (g.e)^2
    has a standard error of sqrt(2 / 200000) of |g|^2: 0.3 %.
    """
    n, sigma, draws = 9, 0.2, 200_000
    D, x = Smooth(a), uniform(1, 1, 3, 3).double().expand(draws, 1, 3, 3)
    gradient = (D.w + a * x[0].flatten()).square().sum()
    expected = float(gradient) + sigma**2 * a**2 * (2 * n + n**2) / 4
    given = a_pass(D, x, torch.zeros_like(x)) if side == "real" else a_pass(D, torch.zeros_like(x), x)
    parts = trick.build(trick.Options(gamma=6.0, approximate=sigma), context())
    assert float(parts.d_terms[0].value(given)) == pytest.approx(6 / 2 * expected, rel=0.015)
    assert parts.dose[0]() == {"squared_gradient_norm": pytest.approx(expected, rel=0.015)}


def test_the_finite_difference_of_a_linear_d_teaches_as_the_gradient_does() -> None:
    """D(x) = w . x: the exact penalty's derivative by w is gamma w, that of the estimate gamma (w . e) e, its mean."""
    w, x = torch.linspace(-1, 1, 9), torch.zeros(100_000, 1, 3, 3)
    gradients = []
    for approximate in (None, 0.5):
        D = LinearD(w.clone())
        r1.build(r1.Options(gamma=2.0, approximate=approximate), context()).d_terms[0].value(a_pass(D, x, x)).backward()
        gradients.append(D.w.grad)
    torch.testing.assert_close(gradients[0], 2 * w)
    torch.testing.assert_close(gradients[1], gradients[0], atol=0.05, rtol=0)


def test_on_a_network_the_estimate_comes_to_the_exact_number(images: ImageArray) -> None:
    """A DCGAN's D with smooth activations, after some training: 50 draws an image of 100 images."""
    D = steps(tiny_state(images, norm_d="none", activation_d="gelu", lr_d=2e-3), 10).D
    x = torch.from_numpy(images[:100]).float() / 127.5 - 1
    doses = []
    for approximate, repeated in ((None, x), (0.01, x.repeat(50, 1, 1, 1))):
        parts = r1.build(r1.Options(approximate=approximate), context())
        with torch.enable_grad():
            parts.d_terms[0].value(a_pass(D, repeated, repeated))
        doses.append(parts.dose[0]()["squared_gradient_norm"])
    assert doses[1] == pytest.approx(doses[0], rel=0.08)


class Look:
    """A view whose slope is another at each call: 2, 3, 4..."""

    def __init__(self) -> None:
        self.factor = 1

    def __call__(self, x: Tensor) -> Tensor:
        self.factor += 1
        return self.factor * x.flip(3)


@pytest.mark.parametrize("before", [False, True])
def test_before_augmentation_the_slope_is_that_of_what_was_drawn(before: bool, images: ImageArray) -> None:
    """A view that flips and multiplies by c changes the slope at the images alone: |grad D(c x)|^2 = c^2 |g|^2."""
    options = {"gamma": 2.0, "before_augmentation": before}
    state = tiny_state(images, norm_d="none", r1=options, r2=options)
    state.parts = replace(state.parts, view=(Look(),))
    copied, x_real, z = copy.deepcopy(state.D), state.batches.next(8), state.latents(8)
    x_fake = state.G(z).detach()
    train_d(state, x_real, z, state.parts.d_terms)
    means = state.meter.take()
    for name, x, factor in (("r1", x_real, 2), ("r2", x_fake, 3)):
        seen = (factor * x.flip(3)).requires_grad_(True)
        (gradient,) = torch.autograd.grad(copied(seen).sum(), seen)
        at_what_d_saw = float(gradient.square().flatten(1).sum(dim=1).mean())
        assert means[name] == pytest.approx(at_what_d_saw * (factor**2 if before else 1), rel=1e-4)


def test_without_an_augmentation_before_it_is_at_what_d_sees(images: ImageArray) -> None:
    """The same numbers; D's answers to the loss are those that are differentiated."""
    runs = [{"norm_d": "none", "r1": {"before_augmentation": before}} for before in (False, True)]
    at_seen, before = (steps(tiny_state(images, **run), 3) for run in runs)
    for one, other in zip(weights(at_seen.D), weights(before.D), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("options", [{"before_augmentation": True}, {"before_augmentation": True, "every": 3}])
def test_before_augmentation_can_be_captured(options: dict[str, object], images: ImageArray) -> None:
    settings = {"norm_d": "none", "r1": options, "r2": options}
    eager, replayed = steps(tiny_state(images, **settings), 5), tiny_state(images, **settings)
    learn = Captured(replayed, TapeRecorder())
    for _ in range(5):
        train_step(replayed, learn)
    assert same(weights(eager.G, eager.D), weights(replayed.G, replayed.D))


def test_an_estimated_run_draws_from_its_own_stream_resumes_and_says_why_it_is_not_captured(
    images: ImageArray, tmp_path: Path
) -> None:
    settings = {"norm_d": "none", "r1": {"approximate": 0.01, "gamma": 0.5}, "r2": {"approximate": 0.01}}
    whole = steps(tiny_state(images, **settings), 4)
    first = steps(tiny_state(images, **settings), 2)
    checkpoint.save(tmp_path / "checkpoint.pt", first, {})
    second = tiny_state(images, **settings)
    checkpoint.load(tmp_path / "checkpoint.pt", second)
    assert same(weights(whole.G, whole.D), weights(steps(second, 2).G, second.D))
    assert torch.equal(whole.latents(3), steps(tiny_state(images, norm_d="none"), 4).latents(3))
    draws = "draws the noise of its difference within the update"
    assert whole.parts.eager == (f"r1 {draws}", f"r2 {draws}")


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_new_options_leave_recorded_configurations_as_they_were(name: str) -> None:
    assert resolve({name: True, "norm_d": "none"}).plain()[name] == {"gamma": 10.0, "every": 1}


def test_what_does_not_go_with_a_finite_difference() -> None:
    with pytest.raises(UserError, match="before_augmentation or approximate, not both"):
        resolve({"r1": {"before_augmentation": True, "approximate": 0.01}})
    for beside in ({"dropout": 0.3}, {"precision": "bf16"}, {"instance_noise": {"where": "layers"}}):
        settings = {"norm_d": "none", "r1": {"approximate": 0.01}}
        warnings = [problem.message for problem in broken_rules(resolve({**settings, **beside}), "warning")]
        assert len([message for message in warnings if "counts as slope" in message]) == 1
        assert not broken_rules(resolve(settings), "warning")
