"""An exported generator is the generator, whatever it is made of, for any number of latents."""

from pathlib import Path
from typing import Any

import mlflow.pytorch
import numpy as np
import pytest
import torch

from ablations.tracking.mlflow import generator
from ablations.tracking.mlflow.generator import ExportError, save_model
from gan_core.config import Config, resolve
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, CONDITIONINGS_G, NORMALISATIONS
from gan_core.nets.conditional import bound
from gan_core.nets.evaluating import evaluating
from gan_core.schema.sizes import shape_of
from gan_core.show.saved import SavedGenerator
from gan_core.training.build import build
from tests.gan_core.trainer import three_classes

# A layer of each kind that may be in G, in whichever network it is; the architectures have a case each below
PARTS: dict[str, dict[str, Any]] = {
    **{f"norm {name}": {"norm_g": name} for name in NORMALISATIONS},
    **{f"activation {name}": {"activation_g": name} for name in ACTIVATIONS},
    "spectral norm": {"spectral_norm": "both", "activation_g": "leaky_relu"},
    "moving average": {"ema": True},
    "moving average of spectral norm": {"ema": True, "spectral_norm": "both", "activation_g": "leaky_relu"},
    "dropout in G": {"dropout": {"on": "both"}},
    "noise in G": {"instance_noise": {"on": "both", "where": "layers"}},
    "uniform latents": {"latent": "uniform", "latent_dim": 3},
}


def first_size(name: str) -> Any:
    for size in (16, 28, 32, (157, 128)):
        try:
            ARCHITECTURES[name].check_size(*shape_of(size))
        except ValueError:
            continue
        return size
    raise AssertionError(name)


def trained(config: Config, channels: int = 1) -> SavedGenerator:
    """A generator whose weights, running statistics and averages have moved away from where they begin."""
    images = np.random.default_rng(0).integers(0, 256, (12, channels, *config.shape), dtype=np.uint8)
    labels = three_classes(12) if config.conditional else None
    state = build(config, images, torch.device("cpu"), labels)
    y = torch.arange(8) % 3 if config.conditional else None
    random = torch.Generator().manual_seed(0)
    for _ in range(3):
        with torch.no_grad():
            for weight in state.G.parameters():
                weight.normal_(0.1, 0.5, generator=random)  # far enough for images that depend on z
            bound(state.G, y)(torch.randn(8, config.latent_dim, generator=random))
        state.clock.images += 8
        for shadow in state.shadows:
            shadow.update()
    return SavedGenerator(config, state.shown_g, torch.device("cpu"), None if labels is None else labels.classes)


def assert_same(saved: SavedGenerator, folder: Path) -> None:
    program = mlflow.pytorch.load_model(str(folder))
    for count in (1, 3, 16):
        z = saved.latents("latent.test", count)
        with evaluating(saved.G), torch.no_grad():
            expected = saved.G(z)
        images = program(z)
        assert images.dtype == torch.float32
        assert not images.requires_grad
        torch.testing.assert_close(images, expected, rtol=0, atol=1e-5)
    assert float(expected.std(0).mean()) > 1e-3  # hundreds of tolerances, and it depends on z


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture(name: str, tmp_path: Path) -> None:
    config = resolve({"architecture": name, "image_size": first_size(name), "width": 2, "latent_dim": 8})
    saved = trained(config, channels=3)
    save_model(saved, tmp_path / "model")
    assert_same(saved, tmp_path / "model")
    info = mlflow.models.get_model_info(str(tmp_path / "model"))
    assert [tuple(spec.shape) for spec in info.signature.inputs.inputs] == [(-1, 8)]
    assert [tuple(spec.shape) for spec in info.signature.outputs.inputs] == [(-1, 3, *config.shape)]
    assert info.metadata["latent"] == "normal"


@pytest.mark.parametrize("how", CONDITIONINGS_G)
def test_a_conditional_one_takes_classes_too(how: str, tmp_path: Path) -> None:
    settings = {"image_size": 16, "width": 4, "latent_dim": 8, "conditional": True, "conditioning_g": how}
    saved = trained(resolve({**settings, "ema": True, "spectral_norm": "both", "norm_d": "none"}))
    save_model(saved, tmp_path / "model")
    program = mlflow.pytorch.load_model(str(tmp_path / "model"))
    z = saved.latents("latent.test", 1).expand(6, -1)
    y = torch.tensor([0, 1, 2, 0, 1, 2])
    with evaluating(saved.G), torch.no_grad():
        expected = bound(saved.G, y)(z)
    images = program(z, y)
    torch.testing.assert_close(images, expected, rtol=0, atol=1e-5)
    assert float((images[0] - images[1]).abs().mean()) > 1e-3  # it depends on y
    assert torch.equal(images[:3], images[3:])
    info = mlflow.models.get_model_info(str(tmp_path / "model"))
    assert [(spec.name, tuple(spec.shape)) for spec in info.signature.inputs.inputs] == [("z", (-1, 8)), ("y", (-1,))]
    assert info.metadata["classes"] == ["a", "b", "c"]


@pytest.mark.parametrize("part", PARTS)
def test_every_part(part: str, tmp_path: Path) -> None:
    saved = trained(resolve({"image_size": 16, "width": 4, "latent_dim": 8, **PARTS[part]}))
    save_model(saved, tmp_path / "model")
    assert_same(saved, tmp_path / "model")


def test_another_program_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(torch.nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return z[:, :1, None, None].expand(-1, 1, 16, 16)

    monkeypatch.setattr(mlflow.pytorch, "load_model", lambda path: Other())
    saved = trained(resolve({"image_size": 16, "width": 2, "latent_dim": 8}))
    with pytest.raises(ExportError, match="differ by"):
        generator.save_model(saved, tmp_path / "model")
