"""What every pair of networks must keep to."""

import pytest
import torch
from torch import nn

from gan_core import streams
from gan_core.config import Config, resolve
from gan_core.nets import ARCHITECTURES
from gan_core.problems import UserError

CASES = [(name, size) for name in ARCHITECTURES for size in (16, 32, 64)]
each_case = pytest.mark.parametrize(("name", "size"), CASES)


def pair(name: str, size: int, channels: int = 1) -> tuple[Config, nn.Module, nn.Module]:
    config = resolve({"architecture": name, "image_size": size, "width": 4, "latent_dim": 8})
    with streams.forked(0, "test"):
        G, D = (ARCHITECTURES[name].generator(config, channels), ARCHITECTURES[name].discriminator(config, channels))
    return config, G, D


@each_case
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_range(name: str, size: int, channels: int) -> None:
    _, G, D = pair(name, size, channels)
    x = G(100 * torch.randn(5, 8)).detach()
    assert x.shape == (5, channels, size, size)
    assert -1 <= float(x.min()) <= float(x.max()) <= 1
    assert D(x).shape == (5,)


@each_case
def test_gradient_reaches_the_first_layer(name: str, size: int) -> None:
    _, G, D = pair(name, size)
    D(G(torch.randn(5, 8))).sum().backward()
    for net in (G, D):
        assert float(next(net.parameters()).grad.abs().sum()) > 0


@each_case
def test_determinism(name: str, size: int) -> None:
    first, second = pair(name, size)[1:], pair(name, size)[1:]
    for a, b in zip(first, second, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_dcgan_64_has_the_papers_layers() -> None:
    """Channels 512-256-128-64 in G and 64-128-256-512 in D, counted by hand (PyTorch's tutorial has the same)."""
    config = resolve({"image_size": 64, "width": 64, "latent_dim": 100})
    G, D = (ARCHITECTURES["dcgan"].generator(config, 3), ARCHITECTURES["dcgan"].discriminator(config, 3))
    convolutions = 16 * (100 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    assert sum(p.numel() for p in G.parameters()) == convolutions + 2 * (512 + 256 + 128 + 64) + 3
    convolutions = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1)
    assert sum(p.numel() for p in D.parameters()) == convolutions + 2 * (128 + 256 + 512) + 64 + 1


@pytest.mark.parametrize("size", [20, 33, 48, 100])
def test_a_size_that_halvings_do_not_lead_to_4_is_refused(size: int) -> None:
    with pytest.raises(UserError, match=f"8, 16, 32, 64.*not {size}"):
        resolve({"image_size": size})


def test_norm_none_leaves_none_and_gives_biases() -> None:
    config = resolve({"norm_g": "none", "norm_d": "none", "width": 4})
    for net in (ARCHITECTURES["dcgan"].generator(config, 1), ARCHITECTURES["dcgan"].discriminator(config, 1)):
        assert not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
        assert all(m.bias is not None for m in net.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d))
