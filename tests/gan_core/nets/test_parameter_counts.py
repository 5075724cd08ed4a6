"""How many numbers each network learns, counted by hand from its paper or its code."""

from itertools import pairwise
from typing import Any

import pytest
from torch import nn

from gan_core.config import resolve
from gan_core.nets import ARCHITECTURES


def counts(channels: int, settings: dict[str, Any]) -> tuple[int, int]:
    config = resolve(settings)
    architecture = ARCHITECTURES[config.architecture]
    G, D = architecture.generator(config, channels), architecture.discriminator(config, channels)
    return count(G), count(D)


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def dense(*units: int) -> int:
    return sum(a * b + b for a, b in pairwise(units))


def conv(area: int, c_in: int, c_out: int) -> int:
    return area * c_in * c_out + c_out  # with its bias


def test_mlp_is_the_usual_128_256_512_1024() -> None:
    g, d = counts(1, {"architecture": "mlp", "image_size": 28})
    assert g == dense(100, 128, 256, 512, 1024, 28 * 28)
    assert d == dense(28 * 28, 1024, 512, 256, 128, 1)


def test_ganhacks2_is_as_its_code_counts() -> None:
    g, d = counts(3, {"architecture": "ganhacks2"})
    assert d == 6_958_080
    convolutions = 20 * (512 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    assert g == dense(100, 512 * 4 * 4) + convolutions + 2 * (512 + 256 + 128 + 64)


def test_ganhacks2_scales_by_width_and_cap() -> None:
    """Its fifth claim: 512 is a good maximum, 64 everywhere is decent."""
    everywhere_64 = {"architecture": "ganhacks2", "max_width": 64}
    assert counts(3, everywhere_64)[1] == 16 * (3 * 64 + 4 * 64 * 64 + 64)
    uncapped = {"architecture": "ganhacks2", "max_width": 1024}
    assert counts(3, uncapped)[1] == 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1024 + 1024)


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (32, 3)])
def test_wgan_tf(size: int, channels: int) -> None:
    g, d = counts(channels, {"architecture": "wgan_tf", "image_size": size, "latent_dim": 32})
    quarter = (size // 4) ** 2
    assert g == dense(32, quarter * 128) + conv(25, 128, 64) + conv(25, 64, 32) + conv(9, 32, channels)
    assert d == conv(25, channels, 64) + conv(25, 64, 128) + dense(quarter * 128, 1)


def test_sngan_cnn_is_table_3() -> None:
    g, d = counts(3, {"architecture": "sngan_cnn", "latent_dim": 128})
    deconvolutions = 16 * (512 * 256 + 256 * 128 + 128 * 64)  # batch norm follows: no bias
    norms = 2 * (512 + 256 + 128 + 64)
    assert g == 128 * 512 * 16 + deconvolutions + norms + conv(9, 64, 3)
    layers = ((9, 3, 64), (16, 64, 64), (9, 64, 128), (16, 128, 128), (9, 128, 256), (16, 256, 256), (9, 256, 512))
    assert d == sum(conv(*layer) for layer in layers) + dense(512 * 4 * 4, 1)


def test_sngan_resnet_is_table_4() -> None:
    g, d = counts(3, {"architecture": "sngan_resnet", "latent_dim": 128, "bias": "all"})
    up = 2 * conv(9, 256, 256) + conv(1, 256, 256) + 2 * 2 * 256
    assert g == dense(128, 256 * 16) + 3 * up + 2 * 256 + conv(9, 256, 3)
    first = conv(9, 3, 128) + conv(9, 128, 128) + conv(1, 3, 128)
    down = 2 * conv(9, 128, 128) + conv(1, 128, 128)
    assert d == first + down + 2 * 2 * conv(9, 128, 128) + dense(128, 1)
