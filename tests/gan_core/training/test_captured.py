"""Updates that are recorded and replayed train as those that run anew: same bits, same means, same doses.

The tape stands for CUDA graphs: it freezes and refuses what they do. The plain recorder runs Python each time.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.config import resolve
from gan_core.contract.tape import Tape, TapeRecorder
from gan_core.datasets.batches import ImageArray
from gan_core.events import Started
from gan_core.game.losses import LOSSES
from gan_core.game.lr_schedules import SCHEDULES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.game.updates import updates
from gan_core.train import train
from gan_core.training import captured, checkpoint
from gan_core.training.build import State, build
from gan_core.training.captured import Captured, learner, obstacles
from gan_core.training.numerics import numerics, training_arithmetic
from gan_core.training.recorders import CudaRecorder, PlainRecorder, Recorder
from gan_core.training.step import learn, train_step
from tests.gan_core.test_train import run, timeless
from tests.gan_core.trainer import TINY, same, steps, tiny_state, weights

STEPS = 12
each_recorder = pytest.mark.parametrize("recorder", [PlainRecorder, TapeRecorder])


def replayed(state: State, count: int, recorder: Recorder) -> State:
    """The same state, some captured steps on."""
    learn = Captured(state, recorder)
    for _ in range(count):
        train_step(state, learn)
    return state


def doses(state: State) -> list[dict[str, float]]:
    return [measure() for measures in state.doses.values() for measure in measures]


def assert_same(eager: State, replayed: State) -> None:
    """Weights, statistics, moments, clocks, the tick's means and rates, and how much tricks acted."""
    nets = [(s.G, s.D, s.shown_g) for s in (eager, replayed)]
    assert same(weights(*nets[0]), weights(*nets[1]))
    for ours, theirs in ((eager.opt_g, replayed.opt_g), (eager.opt_d, replayed.opt_d)):
        assert same(_kept(ours), _kept(theirs))
    assert eager.clock == replayed.clock
    assert eager.rates.now() == replayed.rates.now()
    assert doses(eager) == doses(replayed)
    assert eager.meter.take() == replayed.meter.take()


def _kept(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """On the CPU, where some optimizers count their steps and others don't."""
    return [value.cpu() for kept in optimizer.state_dict()["state"].values() for value in kept.values()]


@each_recorder
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"d_steps": 3, "g_steps": 2},
        {"d_steps": 2, "g_steps": 2, "reuse_batch_and_latents": True},
        {"loss": "relativistic", "d_steps": 2},
        {"r1": {"every": 4}, "norm_d": "none"},
        {"r1": {"every": 2}, "r2": {"every": 3}, "d_steps": 2, "norm_d": "none"},
        {"r1": {"every": 3}, "minibatch_stddev": True, "minibatch_discrimination": True},
        {"precision": "bf16"},
        {"architecture": "sngan_resnet", "image_size": 32, "spectral_norm": {"on": "both"}},
        {"spectral_norm": {"on": "both", "power_iterations": 2}, "ema": {"statistics": "average"}},
        {"minibatch_stddev": {"group": 4, "repeats": 2}},
        {"gradient_clipping": {"max_norm": 0.01, "on": "D"}},
        {"weight_clipping": {"when": "before"}, "loss": "wasserstein", "optimizer_d": "rmsprop"},
        {"label_smoothing": {"real": 0.8, "fake": 0.1, "g": 0.9}},
    ],
    ids=str,
)
def test_the_same_bits(settings: dict[str, Any], recorder: Callable[[], Recorder], images: ImageArray) -> None:
    images = images.repeat(2, axis=2).repeat(2, axis=3) if settings.get("image_size") == 32 else images
    assert_same(
        steps(tiny_state(images, **settings), STEPS), replayed(tiny_state(images, **settings), STEPS, recorder())
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss(loss: str, images: ImageArray) -> None:
    assert_same(
        steps(tiny_state(images, loss=loss), STEPS), replayed(tiny_state(images, loss=loss), STEPS, TapeRecorder())
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("momentum", [0.0, 0.5])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_with_every_schedule(
    optimizer: str, momentum: float, schedule: str, images: ImageArray
) -> None:
    """Over a whole short run, so that rates fall far. What an optimizer makes at its first update begins at 0."""
    chosen = {"optimizer_g": optimizer, "optimizer_d": optimizer, "lr_decay": schedule, "weight_decay_d": 0.01}
    chosen |= {"momentum": momentum} if "momentum" in OPTIMIZERS[optimizer].uses else {"beta1": momentum}
    eager, other = (tiny_state(images, **chosen, budget_kimg=STEPS * 8 / 1000) for _ in range(2))
    if any("takes its rate as a number" in obstacle for obstacle in obstacles(other)):
        assert optimizer == "rmsprop"
        assert schedule != "constant"
        return
    assert_same(steps(eager, STEPS), replayed(other, STEPS, TapeRecorder()))


@each_recorder
def test_means_of_every_tick(recorder: Callable[[], Recorder], images: ImageArray) -> None:
    """Lazy terms are in some ticks only, and are counted as often as they were due."""
    eager, other = (tiny_state(images, r1={"every": 4}, gradient_clipping=0.1, norm_d="none") for _ in range(2))
    learn_again = Captured(other, recorder())
    for count in (3, 1, 5, 2, 6):
        for _ in range(count):
            train_step(eager)
            train_step(other, learn_again)
        assert eager.meter.counts == other.meter.counts
        assert doses(eager) == doses(other)
        assert eager.meter.take() == other.meter.take()


@pytest.mark.parametrize("then", [True, False], ids=["captured", "eager"])
@pytest.mark.parametrize("first", [True, False], ids=["captured", "eager"])
def test_resumed_equals_uninterrupted(first: bool, then: bool, images: ImageArray, tmp_path: Path) -> None:
    """From a checkpoint in the middle of a tick, and whichever way it goes on."""
    settings = {"r1": {"every": 4}, "norm_d": "none", "lr_decay": "cosine", "optimizer_g": "sgd", "momentum": 0.9}

    def trained(state: State, is_captured: bool) -> State:
        return replayed(state, 6, TapeRecorder()) if is_captured else steps(state, 6)

    whole = steps(tiny_state(images, **settings), 12)
    half = trained(tiny_state(images, **settings), first)
    assert all(type(group["lr"]) is float for group in half.opt_g.state_dict()["param_groups"])
    checkpoint.save(tmp_path / "checkpoint.pt", half, {})
    other = tiny_state(images, **settings)
    checkpoint.load(tmp_path / "checkpoint.pt", other)
    assert_same(whole, trained(other, then))


def test_recording_trains_nothing(images: ImageArray) -> None:
    """Not even at the first update, when optimizers and meters have kept nothing yet, or the thirteenth."""

    class Unplayed(TapeRecorder):
        def record(self, run: Any, unchanged: Any) -> Callable[[], None]:
            super().record(run, unchanged)
            return lambda: None

    for count in (0, 12):
        state = steps(
            tiny_state(images, spectral_norm=True, gradient_clipping=0.1, momentum=0.5, optimizer_d="sgd"), count
        )
        before = weights(state.G, state.D), _kept(state.opt_d), state.meter.state_dict(), doses(state)
        learn = Captured(state, Unplayed())
        learn(state, next(updates(state.config, state.batches.draw, state.latents)))
        kept = _kept(state.opt_d)
        assert same(weights(state.G, state.D), before[0])
        assert same(kept, before[1] or [torch.zeros_like(value) for value in kept])
        totals = {name: total for name, (total, _) in state.meter.state_dict().items()}
        assert {name: totals[name] for name in before[2]} == {name: total for name, (total, _) in before[2].items()}


def test_one_recording_for_each_combination_of_terms(images: ImageArray) -> None:
    state = tiny_state(images, r1={"every": 2}, r2={"every": 3}, norm_d="none", d_steps=2, g_steps=3)
    recorded = []

    class Counting(PlainRecorder):
        def record(self, run: Callable[[], None], unchanged: Any) -> Callable[[], None]:
            recorded.append(run)
            return super().record(run, unchanged)

    replayed(state, STEPS, Counting())
    assert len(recorded) == 5  # G; D with r1 and r2, with either, with none


def test_it_is_captured_only_where_asked_for_and_possible(images: ImageArray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captured, "CudaRecorder", lambda device: TapeRecorder())
    on_a_gpu, on_a_cpu, unasked, noisy = (
        tiny_state(images, **settings)
        for settings in (
            {"cuda_graphs": True},
            {"cuda_graphs": True},
            {},
            {"cuda_graphs": True, "dropout": 0.3, "instance_noise": {"anneal_kimg": 1.0}},
        )
    )
    for state in (on_a_gpu, unasked, noisy):
        state.device = torch.device("cuda")  # as far as it is asked
    assert isinstance(learner(on_a_gpu), Captured)
    assert obstacles(on_a_gpu) == ()
    assert all(learner(state) is learn for state in (on_a_cpu, unasked, noisy))
    assert obstacles(on_a_cpu) == ("CUDA graphs are for GPUs, and this runs on cpu",)
    assert len(obstacles(noisy)) == 3  # noise is drawn, noise is annealed, masks are drawn

    def recorded(state: State) -> dict[str, Any]:
        return numerics(state.config, state.device, obstacles(state))

    assert recorded(on_a_gpu)["captured"] is True
    assert "not_captured_because" not in recorded(on_a_gpu)
    assert recorded(unasked)["captured"] is False
    assert "not_captured_because" not in recorded(unasked)
    assert recorded(noisy)["captured"] is False
    assert "dropout" in recorded(noisy)["not_captured_because"]
    assert "by the clock" in recorded(noisy)["not_captured_because"]


RUN = {**TINY, "data": "shapes", "budget_kimg": 0.16, "extractor": "none", "progress_evaluations": 2}
LAZY = {"r1": {"every": 4}, "norm_d": "none", "ema": True}


def test_a_run_on_a_cpu_says_why_it_is_not_captured(home: Path, tmp_path: Path) -> None:
    asked = run(resolve({**RUN, "cuda_graphs": True}), tmp_path / "asked", home)
    plain = run(resolve(RUN), tmp_path / "plain", home)
    assert isinstance(asked[0], Started)
    assert asked[0].numerics["captured"] is False
    assert asked[0].numerics["not_captured_because"] == "CUDA graphs are for GPUs, and this runs on cpu"
    assert timeless(asked[1:]) == timeless(plain[1:])


def test_a_captured_run_tells_the_same_interrupted_or_not(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = run(resolve({**RUN, **LAZY}), tmp_path / "plain", home)
    monkeypatch.setattr(captured, "CudaRecorder", lambda device: TapeRecorder())
    monkeypatch.setattr(captured, "obstacles", lambda state: ())
    recordings: list[Captured] = []
    made = Captured.__init__

    def remembered(self: Captured, *arguments: Any) -> None:
        recordings.append(self)
        made(self, *arguments)

    monkeypatch.setattr(Captured, "__init__", remembered)
    config = resolve({**RUN, **LAZY, "cuda_graphs": True})
    whole = run(config, tmp_path / "whole", home)
    assert timeless(whole[1:]) == timeless(plain[1:])

    stopped, told = iter([False] * 7 + [True]), []
    told += train(config, tmp_path / "parts", home, stop=lambda: next(stopped))
    told += train(config, tmp_path / "parts", home)
    assert timeless(told[1:]) == timeless(plain[1:])
    assert [len(each._recordings) for each in recordings] == [3, 3, 3]  # G; D with r1 and without


@pytest.mark.parametrize("wrong", ["number", "rebinding", "waiting"])
def test_the_tape_catches_what_a_graph_would_not_do(wrong: str) -> None:
    kept = {"sum": torch.zeros(())}
    calls: list[int] = []

    def run() -> None:
        calls.append(1)
        if wrong == "number":
            kept["sum"].add_(len(calls))
        elif wrong == "rebinding":
            kept["sum"] = kept["sum"] + 1
        elif kept["sum"] >= 0:
            kept["sum"].add_(1)

    tape = Tape()
    if wrong == "waiting":
        with pytest.raises(RuntimeError, match="waits for the device"), tape:
            run()
        return
    with tape:
        run()
    tape.replay()
    tape.replay()
    assert len(calls) == 1
    assert kept["sum"] == (3 if wrong == "number" else 1)  # Python would have 1 + 2 + 3, and 3


needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@needs_gpu
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"d_steps": 2, "g_steps": 2},
        {"loss": "relativistic"},
        {"r1": {"every": 4}, "norm_d": "none"},
        {"spectral_norm": {"on": "both"}, "gradient_clipping": 0.1, "ema": True},
        {"minibatch_stddev": True, "minibatch_discrimination": True, "label_smoothing": True},
        {"optimizer_g": "rmsprop", "optimizer_d": "rmsprop", "weight_clipping": True, "loss": "wasserstein"},
        {"optimizer_g": "sgd", "optimizer_d": "adamw", "momentum": 0.5},
    ],
    ids=str,
)
def test_cuda_graphs_give_the_same_bits(settings: dict[str, Any], images: ImageArray) -> None:
    config = resolve({**TINY, **settings, "deterministic": True, "cuda_graphs": True})
    device = torch.device("cuda")
    with training_arithmetic(config, device):
        eager, other = build(config, images, device), build(config, images, device)
        assert_same(steps(eager, STEPS), replayed(other, STEPS, CudaRecorder(device)))


@needs_gpu
def test_cuda_graphs_follow_a_schedule(images: ImageArray) -> None:
    """Within the rounding of a rate to float32."""
    config = resolve({**TINY, "lr_decay": "linear", "budget_kimg": 0.1, "deterministic": True, "cuda_graphs": True})
    device = torch.device("cuda")
    with training_arithmetic(config, device):
        eager, other = build(config, images, device), build(config, images, device)
        replayed(other, STEPS, CudaRecorder(device))
        steps(eager, STEPS)
    assert other.rates.now() == pytest.approx(eager.rates.now(), rel=1e-6)
    for ours, theirs in zip(weights(eager.G, eager.D), weights(other.G, other.D), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
