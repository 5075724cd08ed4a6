"""Networks that train in another number format: what stays float32, and that nothing else is touched."""

from typing import Any

import numpy as np
import pytest
import torch

from gan_core.config import resolve
from gan_core.datasets.batches import ImageArray
from gan_core.game.losses import LOSSES
from gan_core.nets import ARCHITECTURES, PRECISIONS
from gan_core.problems import UserError
from gan_core.train import train
from gan_core.training.build import State, build
from gan_core.training.numerics import layout, numerics, precision_problem, training_arithmetic
from gan_core.training.sampling import fixed_latents, sampled
from gan_core.tricks import TRICKS
from tests.gan_core.trainer import TINY, same, steps, tiny_state, weights

EPSILON = 2**-8  # bf16's
CPU = torch.device("cpu")


def pair(images: ImageArray, **settings: Any) -> tuple[State, State]:
    """Twice the same state, in float32 and in bf16."""
    return tiny_state(images, **settings), tiny_state(images, precision="bf16", **settings)


def architecture_state(name: str, precision: str) -> State:
    config = resolve({"architecture": name, "width": 4, "batch_size": 8, "latent_dim": 8, "precision": precision})
    images = np.random.default_rng(0).integers(0, 256, (64, 1, *config.shape), dtype=np.uint8)
    return build(config, images, CPU)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_it_computes_nearly_the_same_and_gives_float32(name: str) -> None:
    plain, half = (architecture_state(name, precision) for precision in ("float32", "bf16"))
    z = torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    for ours, theirs, x in ((half.G, plain.G, z), (half.D, plain.D, plain.G(z).detach())):
        output, expected = ours(x).detach(), theirs(x).detach()
        assert output.dtype == torch.float32
        assert not torch.equal(output, expected)
        assert float((output - expected).abs().max()) < 40 * EPSILON * float(expected.abs().max())
        assert {p.dtype for p in ours.parameters()} == {torch.float32}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_scores_and_samples_are_those_of_float32(name: str) -> None:
    plain, half = (architecture_state(name, precision) for precision in ("float32", "bf16"))
    z = fixed_latents(plain.config, "latent.grid", 8)
    first, second = (torch.cat(list(sampled(state.G, z, CPU))) for state in (plain, half))
    assert torch.equal(first, second)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss: str, images: ImageArray) -> None:
    settings = {"loss": loss, "norm_d": "none", **({"spectral_norm": True} if loss == "wasserstein" else {})}
    plain, half = (steps(state, 3) for state in pair(images, **settings))
    for ours, theirs in zip(weights(half.G, half.D), weights(plain.G, plain.D), strict=True):
        assert ours.isfinite().all()
        if ours.is_floating_point() and ours.numel() > 1:
            assert float((ours - theirs).norm()) < 0.2 * float(theirs.norm()) + 1e-3
    assert not same(weights(half.G), weights(plain.G))


@pytest.mark.parametrize("trick", [trick.name for trick in TRICKS.values()])
def test_every_trick_trains(trick: str, images: ImageArray) -> None:
    half = tiny_state(images, precision="bf16", norm_d="none", **{trick: True})
    assert all(tensor.isfinite().all() for tensor in weights(steps(half, 3).G, half.D))


def test_spectral_normalisation_divides_by_what_it_does_in_float32(images: ImageArray) -> None:
    plain, half = pair(images, spectral_norm=True, norm_d="none")
    with torch.autocast("cpu", torch.bfloat16):
        inside = half.D.blocks[1].linear.weight  # type: ignore[union-attr, index]
    assert torch.equal(inside, plain.D.blocks[1].linear.weight)  # type: ignore[union-attr, index, arg-type]


def test_the_average_of_g_has_the_statistics_of_float32(images: ImageArray) -> None:
    plain, half = pair(images, ema=True)
    half.G.load_state_dict(plain.G.state_dict())
    for state in (plain, half):
        state.clock.images = 1000
        for shadow in state.shadows:
            shadow.update()
    assert same(weights(plain.shown_g), weights(half.shown_g))


def test_the_default_keeps_the_fingerprint_of_before() -> None:
    assert resolve(TINY).fingerprint() == "737b1833a6638a7c"  # of the last version without precisions
    assert (
        resolve({**TINY, "precision": "float32", "deterministic": False, "cuda_graphs": False}).fingerprint()
        == "737b1833a6638a7c"
    )
    others = {resolve({**TINY, "precision": name}).fingerprint() for name in PRECISIONS}
    assert (
        len(others | {resolve({**TINY, name: True}).fingerprint() for name in ("deterministic", "cuda_graphs")})
        == len(PRECISIONS) + 2
    )


def test_a_format_of_gpus_is_refused_on_a_cpu(tmp_path: Any) -> None:
    config = resolve({**TINY, "precision": "tf32"})
    with pytest.raises(UserError, match="format of GPUs"):
        next(train(config, tmp_path / "run", tmp_path, "cpu"))
    assert not (tmp_path / "run").exists()
    assert precision_problem(config, "cuda:0") is None


@pytest.mark.parametrize(("precision", "tf32"), [("float32", False), ("tf32", True), ("bf16", False)])
@pytest.mark.parametrize("deterministic", [False, True])
def test_a_gpus_flags_are_set_in_full_and_set_back(precision: str, tf32: bool, deterministic: bool) -> None:
    config = resolve({**TINY, "precision": precision, "deterministic": deterministic})

    def flags() -> tuple[bool, ...]:
        cudnn = torch.backends.cudnn
        strict = torch.are_deterministic_algorithms_enabled()
        return torch.backends.cuda.matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic, strict

    before = flags()
    with training_arithmetic(config, torch.device("cuda")):
        assert flags() == (tf32, tf32, False, deterministic, deterministic)
    assert flags() == before
    recorded = numerics(config, torch.device("cuda"))
    assert (recorded["precision"], recorded["tf32"], recorded["deterministic"]) == (precision, tf32, deterministic)


@pytest.mark.parametrize(
    ("precision", "device", "last"),
    [("float32", "cpu", True), ("float32", "cuda", False), ("tf32", "cuda", True), ("bf16", "cuda", True)],
)
def test_channels_come_last_where_that_is_faster(precision: str, device: str, last: bool) -> None:
    config = resolve({**TINY, "precision": precision})
    assert (layout(config, torch.device(device)) is torch.channels_last) is last
    assert numerics(config, torch.device(device))["channels_last"] is last
