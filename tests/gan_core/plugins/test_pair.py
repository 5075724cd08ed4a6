"""Plain modules as an architecture: the same function, the same weights, and what does not go with them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gan_core.config import resolve
from gan_core.config.memory import least_memory
from gan_core.datasets.batches import ImageArray
from gan_core.nets.plain import PlainDiscriminator, PlainGenerator
from gan_core.plugins import pair
from gan_core.plugins.load import load
from gan_core.problems import UserError
from gan_core.streams import forked
from gan_core.training import checkpoint
from gan_core.training.build import State, build
from gan_core.training.captured import obstacles
from tests.gan_core.trainer import same, steps, weights
from tests.own_code import PAIR

SETTINGS: dict[str, Any] = {"architecture": "tutorial", "image_size": 16, "batch_size": 8, "budget_kimg": 1.0}
DROPS = PAIR.replace(
    "nn.LeakyReLU(0.2, inplace=True),\n            nn.Conv2d(ndf * 2", "nn.Dropout(0.5),\n            nn.Conv2d(ndf * 2"
)


def loaded(folder: Path, text: str = PAIR) -> str:
    path = folder / "tutorial.py"
    path.write_text(text)
    return load(path).entry


def state_of(entry: str, images: ImageArray, **settings: Any) -> State:
    return build(resolve({**SETTINGS, "use": [entry], **settings}), images, torch.device("cpu"))


def test_a_tutorials_pair_is_the_same_function_without_its_sigmoid(
    tmp_path: Path, images: ImageArray, own_home: Path
) -> None:
    state = state_of(loaded(tmp_path), images)
    assert isinstance(state.G, PlainGenerator)
    assert isinstance(state.D, PlainDiscriminator)
    z = torch.randn(8, 8)
    drawn = state.G(z)
    assert torch.equal(drawn, state.G.module(z[:, :, None, None]))
    logits = state.D(drawn)
    main = state.D.module.main
    assert isinstance(main, nn.Sequential)
    assert isinstance(main[-1], nn.Identity)
    torch.testing.assert_close(logits.sigmoid(), nn.Sigmoid()(main(drawn)).flatten())
    assert logits.shape == (8,)
    assert state.config.norm_d == "batch"  # as its modules say
    assert not torch.are_deterministic_algorithms_enabled()  # whatever the file's first lines set


def test_weights_are_those_that_the_constructors_draw(tmp_path: Path, images: ImageArray, own_home: Path) -> None:
    state = state_of(loaded(tmp_path), images, seed=3)
    assert isinstance(state.G, PlainGenerator)
    with forked(3, "init.G"):
        made = type(state.G.module)(1)
    assert same(weights(state.G.module), weights(made))
    dcgan = state_of(state.config.use[0], images, seed=3, initialisation_g="dcgan")
    norms = [part for part in dcgan.G.modules() if isinstance(part, nn.BatchNorm2d)]
    assert all(abs(float(norm.weight.mean()) - 1) < 0.05 for norm in norms)
    assert not same(weights(state.G), weights(dcgan.G))


@pytest.mark.parametrize("text", [PAIR, DROPS], ids=["plain", "dropout"])
def test_resumed_equals_uninterrupted(text: str, tmp_path: Path, images: ImageArray, own_home: Path) -> None:
    entry = loaded(tmp_path, text)
    whole = steps(state_of(entry, images), 4)
    first = steps(state_of(entry, images), 2)
    checkpoint.save(tmp_path / "checkpoint.pt", first, {})
    torch.manual_seed(7)  # whatever else draws in the process
    second = state_of(entry, images)
    checkpoint.load(tmp_path / "checkpoint.pt", second)
    assert same(weights(whole.G, whole.D), weights(*(lambda s: (s.G, s.D))(steps(second, 2))))
    assert (text == DROPS) == second.D.draws
    assert (text == DROPS) == ("D draws random numbers in its forward pass" in obstacles(second))


@pytest.mark.parametrize(
    "trick", ["spectral_norm", "r1", "ada", "ema", "weight_clipping", "gradient_clipping", "lecam"]
)
def test_tricks_that_take_any_network_go_with_it(
    trick: str, tmp_path: Path, images: ImageArray, own_home: Path
) -> None:
    entry = loaded(tmp_path)
    plain, tricked = steps(state_of(entry, images), 2), steps(state_of(entry, images, **{trick: True}), 2)
    assert len(weights(plain.G)) == len(weights(tricked.G))


@pytest.mark.parametrize(
    ("settings", "says"),
    {
        "dropout": ({"dropout": 0.3}, "dropout: edits a network's blocks"),
        "stddev": ({"minibatch_stddev": True}, "minibatch_stddev: edits a network's blocks or D's last layer"),
        "noise": ({"instance_noise": {"where": "layers"}}, "instance_noise: edits"),
        "width": ({"width": 8}, "width: has no effect with tutorial"),
        "norm": ({"norm_g": "none"}, "norm_g: has no effect with tutorial"),
        "latents": ({"latent_dim": 9}, "latent_dim: tutorial has no other than 8"),
        "size": ({"image_size": 32}, "these networks draw 16 px, not 32x32"),
        "data": ({"data": "cifar-10", "extractor": "none"}, "is made for grey images, those of cifar-10 have 3"),
    }.values(),
)
def test_what_does_not_go_with_it_is_said(settings: dict[str, Any], says: str, tmp_path: Path, own_home: Path) -> None:
    with pytest.raises(UserError) as error:
        resolve({**SETTINGS, "use": [loaded(tmp_path)], **settings})
    (problem,) = error.value.problems
    assert says in str(problem)


def test_a_study_may_vary_the_architecture(tmp_path: Path, own_home: Path) -> None:
    """A width that another arm has means nothing here, and is no mistake where the arm does not name it."""
    config = resolve({**SETTINGS, "width": 8, "latent_dim": 8, "use": [loaded(tmp_path)]}, named=("architecture",))
    assert least_memory(config) > 0


def test_images_in_0_to_1_and_probabilities() -> None:
    class G(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.map = nn.Linear(4, 64)

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return self.map(z).sigmoid().view(-1, 1, 8, 8)

    class D(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.map = nn.Linear(64, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.sigmoid(self.map(x.flatten(1)))[:, 0]

    made = pair(G, D, latent_dim=4, output="sigmoid", probability=True)
    config = resolve({"image_size": 16})
    g, d = made.generator(config, 1), made.discriminator(config, 1)
    z = torch.randn(16, 4)
    images = g(z)
    torch.testing.assert_close(images, 2 * g.module(z) - 1)  # type: ignore[operator]
    torch.testing.assert_close(d(images), d.module.map(images.flatten(1))[:, 0])  # type: ignore[operator, union-attr]
