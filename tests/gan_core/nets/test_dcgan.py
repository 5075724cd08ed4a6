"""DCGAN against networks written out by hand, and at odd sizes."""

import pytest
import torch
from torch import Tensor, nn

from gan_core import streams
from gan_core.config import resolve
from gan_core.nets import ARCHITECTURES
from gan_core.nets.dcgan import Discriminator, Generator, shapes
from gan_core.nets.initialisations import LINEAR_MAPS, dcgan


def oh_my_gan(bias: bool) -> tuple[nn.Sequential, nn.Sequential]:
    """G and D of Oh-My-GAN (with biases) and of anh-nn01's DCGAN (without), layer by layer."""
    G, D = [nn.Unflatten(1, (100, 1, 1)), nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=bias)], []
    for c_in, c_out in ((512, 256), (256, 128), (128, 64)):
        G += [nn.BatchNorm2d(c_in), nn.ReLU(), nn.ConvTranspose2d(c_in, c_out, 4, 2, 1, bias=bias)]
    G += [nn.BatchNorm2d(64), nn.ReLU(), nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=bias), nn.Tanh()]
    D += [nn.Conv2d(3, 64, 4, 2, 1, bias=bias), nn.LeakyReLU(0.2)]
    for c_in, c_out in ((64, 128), (128, 256), (256, 512)):
        D += [nn.Conv2d(c_in, c_out, 4, 2, 1, bias=bias), nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2)]
    D += [nn.Conv2d(512, 1, 4, 1, 0, bias=bias), nn.Flatten(0)]
    return nn.Sequential(*G), nn.Sequential(*D)


@pytest.mark.parametrize("bias", ["all", "none"])
def test_64x64_is_oh_my_gans_networks(bias: str) -> None:
    """Of equal weights, which they draw in the same order, they say the same. Sums are taken in another order."""
    config = resolve({"image_size": 64, "bias": bias})
    z, x = torch.randn(2, 100), torch.randn(2, 3, 64, 64)
    for ours, reference, inputs in zip((Generator, Discriminator), oh_my_gan(bias == "all"), (z, x), strict=True):
        with streams.forked(0, "a"):
            net = ours(config, 3)
        for module, written in zip(linear_maps(net), linear_maps(reference), strict=True):
            module.load_state_dict(written.state_dict())
        assert sum(p.numel() for p in net.parameters()) == sum(p.numel() for p in reference.parameters())
        torch.testing.assert_close(net(inputs), reference(inputs), rtol=1e-4, atol=1e-5)


def test_initial_weights_come_in_the_order_of_the_layers() -> None:
    """So that a network written out by hand, drawn from the same stream, has the same ones."""
    for ours, written in ((Generator, 0), (Discriminator, 1)):
        with streams.forked(0, "a"):
            reference = oh_my_gan(bias=False)[written]
        with streams.forked(0, "a"):
            dcgan(reference)
        net = ours(resolve({"image_size": 64, "bias": "none"}), 3)
        with streams.forked(0, "a"):
            dcgan(net)
        for a, b in zip(net.parameters(), reference.parameters(), strict=True):
            assert torch.equal(a, b)


def test_64_has_the_papers_layers() -> None:
    """Channels 512-256-128-64 in G and 64-128-256-512 in D, counted by hand (PyTorch's tutorial has the same)."""
    config = resolve({"image_size": 64, "width": 64, "latent_dim": 100})
    G, D = Generator(config, 3), Discriminator(config, 3)
    convolutions = 16 * (100 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    assert sum(p.numel() for p in G.parameters()) == convolutions + 2 * (512 + 256 + 128 + 64) + 3
    convolutions = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1)
    assert sum(p.numel() for p in D.parameters()) == convolutions + 2 * (128 + 256 + 512) + 64 + 1


def test_32_is_64_less_one_halving() -> None:
    config = resolve({"image_size": 32, "width": 64})
    assert [tuple(m.weight.shape) for m in linear_maps(Generator(config, 1))] == [
        (100, 256, 4, 4),
        (256, 128, 4, 4),
        (128, 64, 4, 4),
        (64, 1, 4, 4),
    ]
    assert [tuple(m.weight.shape) for m in linear_maps(Discriminator(config, 1))] == [
        (64, 1, 4, 4),
        (128, 64, 4, 4),
        (256, 128, 4, 4),
        (1, 256, 4, 4),
    ]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((32, 32), [(32, 32), (16, 16), (8, 8), (4, 4)]),
        ((28, 28), [(28, 28), (14, 14), (7, 7)]),
        ((157, 128), [(157, 128), (78, 64), (39, 32), (19, 16), (9, 8), (4, 4)]),
        ((64, 16), [(64, 16), (32, 8), (16, 4), (8, 4), (4, 4)]),
        ((8, 15), [(8, 15), (4, 7)]),
    ],
)
def test_each_axis_is_halved_until_it_is_4_to_7(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    assert shapes(*size) == expected


@pytest.mark.parametrize("size", [(8, 9), (11, 30), (17, 64), (33, 100), (64, 12), (218, 178)])
def test_maps_have_these_shapes_on_both_ways(size: tuple[int, int]) -> None:
    config = resolve({"image_size": list(size), "width": 1, "max_width": 2, "latent_dim": 3})
    G, D = ARCHITECTURES["dcgan"].generator(config, 1), ARCHITECTURES["dcgan"].discriminator(config, 1)
    seen: list[tuple[int, ...]] = []
    for net in (G, D):
        for module in linear_maps(net):
            module.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape[2:])))
    x = G(torch.randn(2, 3))
    assert [*reversed(seen)] == shapes(*size)
    seen.clear()
    D(x)
    assert seen == [*shapes(*size)[1:], (1, 1)]


def linear_maps(net: nn.Module) -> list[nn.Module]:
    return [module for module in net.modules() if isinstance(module, LINEAR_MAPS)]


def test_g_fills_an_odd_length_to_its_last_pixel() -> None:
    """No pixel is a bias alone: each depends on z."""
    torch.manual_seed(0)
    G = Generator(resolve({"image_size": [19, 35], "width": 8, "latent_dim": 3, "norm_g": "none"}), 1)
    images: Tensor = G(torch.randn(20, 3)).detach()
    assert float(images.std(dim=0).min()) > 0
