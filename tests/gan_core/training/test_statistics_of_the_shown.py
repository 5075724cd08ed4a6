"""Whatever is scored, sampled, saved or exported runs with the statistics of its own weights.

The reference is another loop than ours: torch's `update_bn` over the same latents, numpy's SVD, torchmetrics' FID.
"""

import copy
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.evaluation.extractors import find
from gan_core.events import AnyEvent, Evaluated
from gan_core.nets import ARCHITECTURES, NORMALISATIONS
from gan_core.scoring.evaluate import evaluate
from gan_core.scoring.request import Place, ScoreRequest
from gan_core.show.saved import load_generator
from gan_core.streams import generator
from gan_core.train import Run, train
from gan_core.training import checkpoint, training_data
from gan_core.training.build import build
from tests.gan_core.trainer import same, steps, tiny_state, weights

SLOW = {"beta": 0.995}  # to a run of 600 steps what 0.999 is to one of 3,000
SETTINGS: dict[str, Any] = {
    "data": "shapes",
    "image_size": 16,
    "width": 8,
    "latent_dim": 8,
    "batch_size": 8,
    "budget_kimg": 4.8,
    "lr_g": 2e-3,
    "lr_d": 2e-3,
    "norm_d": "none",
    "progress_evaluations": 2,
    "progress_samples": 100,
    "full_samples": 500,
    "ema": SLOW,
}
CPU = torch.device("cpu")
SIZES = {"ganhacks2": (157, 128)}  # the one that it has
RUNNING = ("running_mean", "running_var")


def by_hand(G: nn.Module, seed: int = 0, latent_dim: int = 8) -> nn.Module:
    """A copy of G with running statistics from the bank of latents, by torch's own function."""
    z = torch.randn(2000, latent_dim, generator=generator(seed, "latent.statistics"))
    G = copy.deepcopy(G)
    update_bn(list(z.split(250)), G)
    return G.eval()


def fid_by_hand(G: nn.Module, home: Path) -> float:
    """torchmetrics' FID of the images of the full protocol's latents, batch by batch."""
    config = resolve(SETTINGS)

    class Features(nn.Module):
        num_features = 0

        def __init__(self) -> None:
            super().__init__()
            self.net = find(config.extractor).located(home).load(CPU)
            self.num_features = find(config.extractor).num_features

        def forward(self, x: Tensor) -> Tensor:
            features: Tensor = self.net(x).features
            return features

    metric = FrechetInceptionDistance(Features())
    reals = torch.tensor(training_data.load(config, home).images)
    for batch in reals.split(250):
        metric.update(batch, real=True)
    z = torch.randn(config.full_samples, config.latent_dim, generator=generator(config.seed, "latent.full"))
    with torch.no_grad():
        for batch in z.split(250):
            metric.update((G(batch) * 127.5 + 128).clamp(0, 255).to(torch.uint8), real=False)
    return float(metric.compute())


@pytest.fixture(scope="module")
def run(home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[AnyEvent]]:
    from gan_core import journal

    out = tmp_path_factory.mktemp("ema")
    return out, list(journal.recorded(train(resolve(SETTINGS), out, home), out))


@pytest.fixture(scope="module")
def average(run: tuple[Path, list[AnyEvent]]) -> nn.Module:
    """A fresh G with the averaged weights, its statistics made by hand."""
    config = resolve(SETTINGS)
    G = ARCHITECTURES[config.architecture].generator(config, 1)
    G.load_state_dict(load_file(run[0] / "last.safetensors"))
    return by_hand(G)


def fid_of(events: list[AnyEvent], of: str) -> float:
    (scored,) = (event for event in events if isinstance(event, Evaluated) and event.of == of)
    return next(score.value for score in scored.scores if score.metric == "fid")


def test_the_fid_that_a_user_reads_is_that_of_an_independent_computation(
    run: tuple[Path, list[AnyEvent]], average: nn.Module, home: Path
) -> None:
    assert fid_of(run[1], "last") == pytest.approx(fid_by_hand(average, home), rel=1e-3)


def test_a_slow_average_scores_as_with_the_statistics_of_each_batch(
    run: tuple[Path, list[AnyEvent]], average: nn.Module, home: Path
) -> None:
    """Averaged statistics belong to no weights at all: a score with them says something else, better or worse."""
    exact = fid_by_hand(copy.deepcopy(average).train(), home)
    assert fid_of(run[1], "last") == pytest.approx(exact, rel=0.05)
    averaged = resolve({**SETTINGS, "ema": {**SLOW, "statistics": "average"}})
    state = build(averaged, training_data.load(averaged, home).images, CPU)
    steps(state, 600)
    assert abs(math.log(fid_by_hand(state.shown_g, home) / exact)) > 0.5


def test_every_way_to_the_generator_gives_its_own_statistics(
    run: tuple[Path, list[AnyEvent]], average: nn.Module, home: Path
) -> None:
    out, events = run
    expected = {name: buffer for name, buffer in average.named_buffers() if name.endswith(RUNNING)}
    assert expected
    for G in (
        load_generator(out, "last").G,  # sample, show, evaluate, MLflow's model
        Run(resolve(SETTINGS), out, home, CPU).state.shown_g,  # the trainer, resumed
    ):
        for name, buffer in expected.items():
            torch.testing.assert_close(G.get_buffer(name), buffer, rtol=1e-4, atol=1e-5)
    for path in (out, out / "checkpoint.pt", out / "last.safetensors"):
        scored = evaluate(path, ScoreRequest(of="last"), Place(home))
        assert scored.values("fid") == [fid_of(events, "last")]
    best = load_generator(out, "best")
    renewed = by_hand(best.G)
    for name in expected:
        torch.testing.assert_close(best.G.get_buffer(name), renewed.get_buffer(name), rtol=1e-4, atol=1e-5)


def test_a_checkpoint_between_two_scores_is_shown_with_the_statistics_of_its_weights(
    images: ImageArray, tmp_path: Path
) -> None:
    state = steps(tiny_state(images, ema=SLOW), 3)
    _ = state.shown_g
    checkpoint.save(tmp_path / "checkpoint.pt", steps(state, 3), {})
    other = tiny_state(images, ema=SLOW)
    checkpoint.load(tmp_path / "checkpoint.pt", other)
    shown = other.shown_g
    for name, buffer in by_hand(shown).named_buffers():
        if name.endswith(RUNNING):
            torch.testing.assert_close(shown.get_buffer(name), buffer, rtol=1e-4, atol=1e-5)


def test_to_show_the_average_changes_nothing_in_the_run(images: ImageArray) -> None:
    """Nor does it draw from the streams of noise and dropout, which sit in G."""
    tricks: dict[str, Any] = {"ema": SLOW, "instance_noise": {"on": "G"}, "dropout": {"on": "G"}, "spectral_norm": "G"}
    shown, unseen = tiny_state(images, **tricks), tiny_state(images, **tricks)
    before = torch.get_rng_state()
    for _ in range(3):
        steps(shown, 2), steps(unseen, 2)
        _ = shown.shown_g
    assert torch.equal(before, torch.get_rng_state())
    assert same(weights(shown.G, shown.D), weights(unseen.G, unseen.D))
    assert same(weights(shown.shown_g), weights(unseen.shown_g))
    assert not shown.shown_g.training


@pytest.mark.parametrize("norm", list(NORMALISATIONS))
@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_every_network_s_statistics_are_known(architecture: str, norm: str, images: ImageArray) -> None:
    """Whatever buffers of a generator are saved are statistics that are computed anew; the others are constants."""
    if not ARCHITECTURES[architecture].has_maps and NORMALISATIONS[norm].vectors is None:
        return  # refused: there is nothing to normalise over
    config = resolve(
        {"architecture": architecture, "norm_g": norm, "width": 4, "image_size": SIZES.get(architecture, 16)}
    )
    G = ARCHITECTURES[architecture].generator(config, 1)
    buffers = G.state_dict().keys() - dict(G.named_parameters()).keys()
    assert all(name.endswith((*RUNNING, "num_batches_tracked")) for name in buffers)
    if architecture in SIZES:
        return  # too large to run here
    shown = steps(tiny_state(images, architecture=architecture, norm_g=norm, ema=SLOW), 2).shown_g
    for name, buffer in by_hand(shown).named_buffers():
        torch.testing.assert_close(shown.get_buffer(name), buffer, rtol=1e-4, atol=1e-5)


def test_averaged_matrices_are_divided_by_their_own_singular_value(images: ImageArray) -> None:
    settings: dict[str, Any] = {"spectral_norm": "G", "lr_g": 1e-1}
    copied, own = (
        max(_singular_values(steps(tiny_state(images, ema={"beta": 0.97, "statistics": how}, **settings), 20).shown_g))
        for how in ("copy", "recompute")
    )
    assert copied > 1.03
    assert own == pytest.approx(1, abs=5e-3)


def _singular_values(G: nn.Module) -> Iterator[float]:
    import numpy as np

    for module in G.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            matrix = module.weight.detach()
            matrix = matrix.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else matrix
            yield float(np.linalg.svd(matrix.flatten(1).numpy(), compute_uv=False)[0])


def test_an_ordinary_generator_keeps_its_own(images: ImageArray) -> None:
    state = steps(tiny_state(images), 3)
    assert state.shown_g is state.G
    before = weights(state.G)
    _ = state.shown_g
    assert same(before, weights(state.G))


@pytest.mark.parametrize("events", [5, 30, 58])
def test_a_run_that_was_interrupted_is_shown_as_one_that_was_not(events: int, tmp_path: Path, home: Path) -> None:
    config = resolve({**SETTINGS, "budget_kimg": 0.4, "full_samples": 50, "progress_samples": 50})
    whole = list(train(config, tmp_path / "whole", home))
    part = train(config, tmp_path / "part", home)
    for _ in range(events):
        next(part)
    part.close()
    rest = list(train(config, tmp_path / "part", home))
    told = {event.seq: event.scores for event in rest if isinstance(event, Evaluated)}
    expected = {event.seq: event.scores for event in whole if isinstance(event, Evaluated)}
    assert told
    assert told.items() <= expected.items()
    first, second = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "part"))
    assert all(torch.equal(second[name], tensor) for name, tensor in first.items())
