"""What every pair of networks must keep to, at every size that it draws."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn.utils import parametrize

from gan_core import streams
from gan_core.config import Config, resolve
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, NORMALISATIONS
from gan_core.nets.initialisations import BEGINS_AT_ZERO, LINEAR_MAPS
from gan_core.problems import UserError
from gan_core.schema.sizes import Size, shape_of, size_text
from gan_core.training.build import State, build
from gan_core.tricks.dropout import Dropout
from gan_core.tricks.instance_noise import Noise
from tests.gan_core.trainer import steps, weights

UNBOUNDED = ("r3gan",)  # without tanh, as in its authors' code
SIZES: tuple[Size, ...] = (16, 28, 32, (24, 40), (157, 128))


def is_drawn(name: str, size: Size) -> bool:
    try:
        ARCHITECTURES[name].check_size(*shape_of(size))
    except ValueError:
        return False
    return True


DRAWN = {name: [size for size in SIZES if is_drawn(name, size)] for name in ARCHITECTURES}
CASES = [(name, size) for name, sizes in DRAWN.items() for size in sizes if size != (157, 128) or len(sizes) == 1]
each_case = pytest.mark.parametrize(("name", "size"), CASES, ids=lambda v: v if isinstance(v, str) else size_text(v))
each_architecture = pytest.mark.parametrize("name", ARCHITECTURES)


def tiny(name: str, size: Size | None = None, **settings: Any) -> Config:
    given = {"architecture": name, "image_size": size or DRAWN[name][0], "width": 2, "latent_dim": 8, "batch_size": 4}
    return resolve({**given, **settings})


def pair(config: Config, channels: int = 1) -> tuple[nn.Module, nn.Module]:
    architecture = ARCHITECTURES[config.architecture]
    with streams.forked(0, "test"):
        return architecture.generator(config, channels), architecture.discriminator(config, channels)


def state_of(config: Config, channels: int = 1) -> State:
    images = np.random.default_rng(0).integers(0, 256, (12, channels, *config.shape), dtype=np.uint8)
    return build(config, images, torch.device("cpu"))


@each_architecture
def test_it_draws_some_size_and_has_a_source(name: str) -> None:
    assert DRAWN[name]
    assert "arXiv" in ARCHITECTURES[name].paper or "https" in ARCHITECTURES[name].paper


@each_architecture
def test_the_name_alone_is_enough(name: str) -> None:
    config = resolve({"architecture": name})
    assert resolve(config.plain()) == config
    assert {key: getattr(config, key) for key in ARCHITECTURES[name].defaults} == ARCHITECTURES[name].defaults


@each_case
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_range(name: str, size: Size, channels: int) -> None:
    G, D = pair(tiny(name, size), channels)
    x = G(100 * torch.randn(3, 8)).detach()
    assert x.shape == (3, channels, *shape_of(size))
    assert G.bounded == (name not in UNBOUNDED)
    assert (-1 <= float(x.min()) <= float(x.max()) <= 1) == G.bounded
    assert D(x).shape == (3,)


@each_case
def test_gradient_reaches_every_layer_from_the_first(name: str, size: Size) -> None:
    G, D = pair(tiny(name, size))
    D(G(torch.randn(5, 8))).square().sum().backward()
    for net in (G, D):
        assert float(next(net.parameters()).grad.abs().sum()) > 0
        assert all(module.weight.grad is not None for module in net.modules() if isinstance(module, LINEAR_MAPS))


@each_case
def test_d_sees_every_pixel(name: str, size: Size) -> None:
    _, D = pair(tiny(name, size, width=4))
    x = torch.randn(2, 1, *shape_of(size), requires_grad=True)
    D(x).sum().backward()
    assert (x.grad.abs().sum(dim=0) > 0).all()


@each_architecture
def test_every_layer_counts(name: str) -> None:
    """Another weight anywhere, another output: nothing is made and then left out of the forward pass."""
    G, D = pair(tiny(name, norm_g="none", norm_d="none"))
    for net, x in ((G, torch.randn(2, 8)), (D, torch.randn(2, 1, *tiny(name).shape))):
        plain = net(x).detach()
        for weight in net.parameters():
            with torch.no_grad():
                kept = weight.clone()
                weight.add_(torch.randn_like(weight))
                assert not torch.equal(net(x), plain)
                weight.copy_(kept)


@each_architecture
def test_max_width_caps_every_layer_but_the_images(name: str) -> None:
    capped, free = pair(tiny(name, width=8, max_width=8)), pair(tiny(name, width=8, max_width=4096))
    hidden = (nn.Conv2d, nn.ConvTranspose2d) if ARCHITECTURES[name].has_maps else (nn.Linear,)
    for net, widest in ((capped, 8), (free, 16)):
        counts = [outputs(m) for player in net for m in player.blocks.modules() if isinstance(m, hidden)]
        assert max(counts) >= widest if net is free else max(counts) == widest


@each_architecture
@pytest.mark.parametrize("norm", NORMALISATIONS)
def test_every_norm_trains_or_is_refused(name: str, norm: str) -> None:
    if norm == "instance" and not ARCHITECTURES[name].has_maps:
        with pytest.raises(UserError, match=f"norm_g: {name} has no feature maps.*\n.*norm_d"):
            tiny(name, norm_g=norm, norm_d=norm)
        return
    state = steps(state_of(tiny(name, norm_g=norm, norm_d=norm)), 2)
    assert all(torch.isfinite(w).all() for w in weights(state.G, state.D))
    kinds = {
        "batch": ("BatchNorm",),
        "layer": ("LayerNorm", "GroupNorm"),
        "instance": ("Instance",),
        "pixel": ("Pixel",),
        "pixel_after_activation": ("Pixel",),
    }
    for net in (state.G, state.D):
        names = [type(m).__name__ for m in net.modules() if "Norm" in type(m).__name__]
        assert all(n.startswith(kinds.get(norm, ())) for n in names)
        assert bool(names) == (norm != "none")


@each_architecture
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains(name: str, activation: str) -> None:
    state = steps(state_of(tiny(name, activation_g=activation, activation_d=activation)), 1)
    assert all(torch.isfinite(w).all() for w in weights(state.G, state.D))
    kind = type(ACTIVATIONS[activation].build())
    assert all(sum(type(m) is kind for m in net.modules()) >= len(net.blocks) for net in (state.G, state.D))


@each_architecture
def test_tricks_in_layers_apply(name: str) -> None:
    noise = {"sigma": 0.1, "where": "layers"}
    tricks = {"spectral_norm": {"on": "both"}, "dropout": 0.5, "instance_noise": noise, "norm_d": "none"}
    given = {f"initialisation_{p}": getattr(tiny(name), f"initialisation_{p}") for p in ("g", "d")}
    nonzero = {key: "lecun" for key, initialisation in given.items() if initialisation in BEGINS_AT_ZERO}
    state = state_of(tiny(name, **tricks, **nonzero))
    for net in (state.G, state.D):
        assert all(parametrize.is_parametrized(m) for m in net.modules() if isinstance(m, LINEAR_MAPS))
    assert len(state.D.blocks) >= 2
    for i, block in enumerate(state.D.blocks):
        kinds = [type(m) for m in block.children()]
        assert kinds.count(Dropout) == 1
        assert kinds.count(Noise) == (i < len(state.D.blocks) - 1)
    assert all(torch.isfinite(w).all() for w in weights(steps(state, 2).G, state.D))


def outputs(module: nn.Module) -> int:
    return module.out_features if isinstance(module, nn.Linear) else module.out_channels


class Doubled(nn.Module):
    """A tail that appends a copy of what it gets."""

    def __init__(self, extra_channels: int) -> None:
        super().__init__()
        self.extra_channels = extra_channels

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        return torch.cat([h, h[:, : self.extra_channels]], dim=1)


@each_architecture
def test_a_tail_adds_channels_before_the_last_layer(name: str) -> None:
    config = tiny(name)
    D = ARCHITECTURES[name].discriminator(config, 1, (Doubled(1), Doubled(2)))
    assert D(torch.randn(2, 1, *config.shape)).shape == (2,)


@each_architecture
def test_the_last_activation_is_one_on_request(name: str) -> None:
    x = torch.randn(8, 1, *tiny(name).shape)
    plain, bent = (pair(tiny(name, last_activation_d=last))[1](x).detach() for last in ("none", "gelu"))
    np.testing.assert_allclose(bent, plain * torch.from_numpy(stats.norm.cdf(plain.numpy())), rtol=1e-3, atol=1e-6)
    assert not torch.equal(bent, plain)


def test_norm_none_leaves_none_and_gives_biases() -> None:
    for net in pair(resolve({"norm_g": "none", "norm_d": "none", "width": 4})):
        assert not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
        assert all(m.bias is not None for m in net.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d))


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("ganhacks2", 32, "157x128 .* only, not 32x32"),
        ("wgan_tf", [30, 32], "divisible by 4, not 30x32"),
        ("sngan_cnn", 28, "divisible by 8, not 28x28"),
        ("sngan_resnet", [32, 36], "divisible by 8, not 32x36"),
        ("r3gan", 28, "squares of 8, 16, 32, 64, 128, 256 px, not 28x28"),
        ("r3gan", [32, 64], "squares of .* px, not 32x64"),
    ],
)
def test_a_size_that_cannot_be_drawn_is_refused(name: str, size: Any, words: str) -> None:
    with pytest.raises(UserError, match=f"^image_size: {name} draws .*{words}"):
        resolve({"architecture": name, "image_size": size})


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("player", ["g", "d"])
def test_arms_share_the_initial_weights_of_layers_that_both_have(name: str, player: str) -> None:
    """Every linear map, whatever the normalisation, the biases and the activation are, for all that is allowed.

    An activation may bring an initialisation of its own, so the initialisation is named here.
    """
    initialisation = f"initialisation_{player}"
    plain = {initialisation: getattr(tiny(name), initialisation)}
    norms = itertools.product(NORMALISATIONS, ("where_needed", "all", "none"))
    changes = [{f"norm_{player}": norm, "bias": bias} for norm, bias in norms]
    changes += [{f"activation_{player}": activation} for activation in ACTIVATIONS]
    nets = []
    for change in changes:
        try:
            state = state_of(tiny(name, **plain, **change))
        except UserError:
            continue
        layers = (state.G if player == "g" else state.D).named_modules()
        nets.append({name: layer.weight for name, layer in layers if isinstance(layer, LINEAR_MAPS)})
    assert len(nets) > len(ACTIVATIONS) + 2
    for one, other in itertools.pairwise(nets):
        for layer in one.keys() & other.keys():
            if one[layer].shape == other[layer].shape:
                assert torch.equal(one[layer], other[layer]), layer
