"""R1 and R2: closed form on a quadratic D, whose side, and the lazy variant."""

from pathlib import Path
from types import ModuleType

import pytest
import torch

from gan_core.config import broken_rules, resolve
from gan_core.datasets.batches import ImageArray
from gan_core.training import checkpoint
from gan_core.tricks import r1, r2
from tests.gan_core.trainer import same, steps, tiny_state, weights
from tests.gan_core.tricks.linear_d import QuadraticD, a_pass, context, uniform


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
