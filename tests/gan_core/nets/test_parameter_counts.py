"""How many numbers each network learns, counted by hand from its paper or its code."""

from itertools import pairwise
from typing import Any

import pytest
import torch
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


def r3gan_residual(channels: int, group: int) -> int:
    """1x1 to twice the channels, 3x3 in groups of so many channels, 1x1 back; two biases."""
    inner = 2 * channels
    return channels * inner + inner * group * 9 + inner * channels + 2 * inner


@pytest.mark.parametrize(
    ("settings", "stages", "group", "g", "d"),
    [
        # CIFAR10: WidthPerStage 4 x 768, CardinalityPerStage 4 x 96, BlocksPerStage 4 x 2, NoiseDimension 64
        ({"image_size": 32}, [768] * 4, 16, 20_732_160, 20_683_776),
        # ImageNet-32: WidthPerStage 4 x 1536, CardinalityPerStage 4 x 96
        ({"image_size": 32, "width": 128}, [1536] * 4, 32, 82_752_000, 82_655_232),
        # FFHQ-64: WidthPerStage 4 x 768, 384, CardinalityPerStage 4 x 96, 48
        ({"image_size": 64}, [768] * 4 + [384], 16, 22_429_824, 22_381_440),
        # FFHQ-256: WidthPerStage 4 x 768, 384, 192, 96, CardinalityPerStage 4 x 96, 48, 24, 12
        ({"image_size": 256}, [768] * 4 + [384, 192, 96], 16, 23_057_952, 23_009_568),
    ],
)
def test_r3gan_is_as_its_code_counts(settings: dict[str, Any], stages: list[int], group: int, g: int, d: int) -> None:
    """The presets of its train.py, without conditions; the totals are those of its classes with these arguments."""
    blocks = sum(2 * r3gan_residual(channels, group) for channels in stages)
    transforms = sum(a * b for a, b in pairwise(stages) if a != b)
    basis = 16 * stages[0]
    assert g == blocks + transforms + basis + 64 * stages[0] + stages[-1] * 3
    assert d == blocks + transforms + basis + stages[0] + stages[-1] * 3
    with torch.device("meta"):
        assert counts(3, {"architecture": "r3gan", **settings}) == (g, d)
