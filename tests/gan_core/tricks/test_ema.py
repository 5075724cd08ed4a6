"""EMA of G against its closed form, and what is made of buffers."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.game.player import Clock
from gan_core.problems import UserError
from gan_core.tricks.ema import Average, Options
from tests.gan_core.trainer import same, steps, tiny_state, weights


def averaged(options: Options, path: list[float], images: int = 8) -> tuple[list[float], Average]:
    """The averages of a one-weight G that goes along `path`, its first value being the initial weight."""
    G, clock = nn.Linear(1, 1, bias=False), Clock()
    average = Average(options, clock, images, tuple, 1.0)
    G.weight.data.fill_(path[0])
    shadow = average.shadow_of(G)
    found = []
    for value in path[1:]:
        G.weight.data.fill_(value)
        shadow.update()
        clock.step, clock.images = clock.step + 1, clock.images + images
        found.append(float(shadow.module.weight))
    return found, average


@pytest.mark.parametrize("beta", [0.5, 0.9, 0.999])
def test_closed_form(beta: float) -> None:
    """average_n = beta^n theta_0 + (1 - beta) sum_k beta^(n - k) theta_k."""
    path = [3.0, 1.0, -2.0, 5.0, 0.5, 4.0, -1.0]
    found, _ = averaged(Options(beta=beta, ramp_up=None), path)
    for n, average in enumerate(found, start=1):
        exact = beta**n * path[0] + (1 - beta) * sum(beta ** (n - k) * path[k] for k in range(1, n + 1))
        assert average == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("images", [8, 40])
def test_after_the_half_life_the_initial_weight_counts_half(images: int) -> None:
    count = 400 // images
    found, _ = averaged(Options(half_life_kimg=0.4, ramp_up=None), [1.0] + [0.0] * count, images)
    assert found[-1] == pytest.approx(0.5, rel=1e-4)


def test_while_ramping_up_the_half_life_is_a_share_of_the_images() -> None:
    clock = Clock(step=100, images=800)
    average = Average(Options(half_life_kimg=10.0, ramp_up=0.05), clock, 8, tuple, 1.0)
    assert average.beta() == pytest.approx(0.5 ** (8 / 40))
    clock.step, clock.images = 100_000, 800_000  # 5% of them are 40 kimg
    assert average.beta() == pytest.approx(0.5 ** (8 / 10_000))
    clock.step, clock.images = 0, 0
    assert average.beta() == 0  # the first average is G itself


def test_the_first_step_s_images_count_all_updates_of_d(images: ImageArray) -> None:
    """A half-life of as many images as one step shows: after it G and its first weights count half each."""
    state = tiny_state(images, d_steps=5, ema={"half_life_kimg": 5 * 8 / 1000, "ramp_up": None})
    before = state.G.head.weight.detach().clone()
    steps(state, 1)
    torch.testing.assert_close(state.shown_g.head.weight, (before + state.G.head.weight.detach()) / 2)


def test_beta_and_half_life_are_two_words_for_one_thing() -> None:
    clock = Clock(step=10, images=640)
    by_beta = Average(Options(beta=0.999, ramp_up=None), clock, 64, tuple, 1.0)
    kimg = 64 * math.log(0.5) / math.log(0.999) / 1000
    by_half_life = Average(Options(half_life_kimg=kimg, ramp_up=None), clock, 64, tuple, 1.0)
    assert by_beta.beta() == pytest.approx(0.999)
    assert by_half_life.beta() == pytest.approx(0.999)


def test_a_whole_run_by_hand(images: ImageArray) -> None:
    state = tiny_state(images, ema={"beta": 0.8, "ramp_up": None, "statistics": "average"})
    by_hand = {name: tensor.clone() for name, tensor in state.G.state_dict().items()}
    for _ in range(4):
        steps(state, 1)
        for name, tensor in state.G.state_dict().items():
            if name.endswith("num_batches_tracked"):
                by_hand[name] = tensor.clone()
            else:
                by_hand[name] = 0.8 * by_hand[name] + 0.2 * tensor
    for name, tensor in state.shown_g.state_dict().items():
        torch.testing.assert_close(tensor, by_hand[name], rtol=1e-5, atol=1e-6)


def test_copied_statistics_are_those_of_g(images: ImageArray) -> None:
    state = steps(tiny_state(images, ema={"beta": 0.8, "statistics": "copy"}), 3)
    assert same([*state.shown_g.buffers()], [*state.G.buffers()])
    other = steps(tiny_state(images, ema={"beta": 0.8, "statistics": "average"}), 3)
    assert not same([*other.shown_g.buffers()], [*other.G.buffers()])


@pytest.mark.parametrize("statistics", ["average", "copy"])
def test_a_power_iteration_is_copied_not_averaged(images: ImageArray, statistics: str) -> None:
    state = steps(tiny_state(images, ema={"beta": 0.8, "statistics": statistics}, spectral_norm="G"), 3)
    vectors = {n: b for n, b in state.shown_g.named_buffers() if n.endswith(("._u", "._v"))}
    assert vectors
    for name, vector in vectors.items():
        assert torch.equal(vector, state.G.get_buffer(name))
        assert float(vector.norm()) == pytest.approx(1, abs=1e-5)


def test_the_game_does_not_see_it(images: ImageArray) -> None:
    on, off = steps(tiny_state(images, ema=True), 4), steps(tiny_state(images), 4)
    assert same(weights(on.G, on.D), weights(off.G, off.D))
    assert on.shown_g is not on.G
    assert not any(p.requires_grad for p in on.shown_g.parameters())


def test_the_dose_is_the_relative_distance(images: ImageArray) -> None:
    state = steps(tiny_state(images, ema={"beta": 0.9, "ramp_up": None}, lr_g=1e-2), 3)
    flat: list[Tensor] = [torch.cat([p.flatten() for p in net.parameters()]) for net in (state.shown_g, state.G)]
    expected = ((flat[0] - flat[1]).norm() / flat[1].norm()).item()
    assert expected > 0.01
    assert state.doses["ema"][0]() == {"relative_distance": pytest.approx(expected)}


def test_what_is_saved_as_best_and_last_is_the_average(tmp_path: Path, home: Path) -> None:
    from safetensors.torch import load_file

    from gan_core.train import Run, train

    settings = {"data": "shapes", "image_size": 16, "width": 4, "latent_dim": 8, "batch_size": 8, "budget_kimg": 0.08}
    few = {"progress_evaluations": 1, "progress_samples": 20, "full_samples": 20}
    config = resolve({**settings, **few, "ema": {"beta": 0.9, "ramp_up": None}})
    list(train(config, tmp_path, home))
    state = Run(config, tmp_path, home, torch.device("cpu")).state  # from the checkpoint
    saved = load_file(tmp_path / "last.safetensors")
    assert all(torch.equal(saved[name], tensor) for name, tensor in state.shown_g.state_dict().items())
    assert not torch.equal(saved["head.weight"], state.G.state_dict()["head.weight"])


def test_options(images: ImageArray) -> None:
    assert resolve({"ema": True}).trick("ema").half_life_kimg == 10
    assert resolve({"ema": {"beta": 0.999}}).trick("ema").half_life_kimg is None
    config = resolve({"ema": {"beta": 0.999}})
    assert resolve(config.plain()) == config
    with pytest.raises(UserError, match="not both"):
        resolve({"ema": {"beta": 0.999, "half_life_kimg": 1.0}})
    with pytest.raises(UserError, match="needed"):
        resolve({"ema": {"half_life_kimg": None}})


@pytest.mark.parametrize("named", [{"beta": 0.999}, {"half_life_kimg": 1.0}, 1.0])
def test_a_half_life_that_is_named_is_not_ramped_unless_the_ramp_is_named_too(named: Any) -> None:
    assert resolve({"ema": named}).trick("ema").ramp_up is None
    if isinstance(named, dict):
        assert resolve({"ema": {**named, "ramp_up": 0.05}}).trick("ema").ramp_up == 0.05
    assert resolve({"ema": True}).trick("ema").ramp_up == 0.05


def test_named_settings_act_at_any_budget(images: ImageArray) -> None:
    """Half-lives from 0.05 to 500 kimg and betas from 0.9 to 0.9999 are eight averages after five steps."""
    named: list[dict[str, float]] = [{"half_life_kimg": h} for h in (0.05, 1.0, 10.0, 500.0)]
    named += [{"beta": b} for b in (0.9, 0.99, 0.999, 0.9999)]
    averages = [steps(tiny_state(images, ema=each), 5).shown_g.head.weight for each in named]
    assert all(not torch.equal(a, b) for a, b in itertools.combinations(averages, 2))
