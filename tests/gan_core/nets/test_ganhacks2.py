"""GANHacks2 against its layers, written out from its description."""

import torch
from torch import nn

from gan_core.config import resolve
from gan_core.nets import ARCHITECTURES
from gan_core.nets.initialisations import LINEAR_MAPS


def written_out() -> tuple[nn.Sequential, nn.Sequential]:
    G: list[nn.Module] = [nn.Linear(100, 512 * 4 * 4), nn.Unflatten(1, (512, 4, 4))]
    for c_in, c_out in ((512, 512), (512, 256), (256, 128), (128, 64)):
        G += [nn.ConvTranspose2d(c_in, c_out, (5, 4), 2, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()]
    G += [nn.ConvTranspose2d(64, 3, (5, 4), 2, (2, 1), bias=False), nn.Tanh()]
    D: list[nn.Module] = []
    for c_in, c_out in ((3, 64), (64, 128), (128, 256), (256, 512), (512, 512)):
        D += [nn.Conv2d(c_in, c_out, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    D += [nn.Conv2d(512, 1, 4, 2, 0, bias=False), nn.LeakyReLU(0.2), nn.Flatten(0)]
    return nn.Sequential(*G), nn.Sequential(*D)


def linear_maps(net: nn.Module) -> list[nn.Module]:
    return [module for module in net.modules() if isinstance(module, LINEAR_MAPS)]


def test_they_are_the_same_as_written_with_the_last_activation() -> None:
    config = resolve({"architecture": "ganhacks2", "last_activation_d": "leaky_relu"})
    architecture = ARCHITECTURES["ganhacks2"]
    nets = architecture.generator(config, 3), architecture.discriminator(config, 3)
    for net, reference, inputs in zip(
        nets, written_out(), (torch.randn(2, 100), torch.rand(2, 3, 157, 128)), strict=True
    ):
        for module, written in zip(linear_maps(net), linear_maps(reference), strict=True):
            module.load_state_dict(written.state_dict())
        torch.testing.assert_close(net(inputs), reference(inputs), rtol=1e-4, atol=1e-5)


def test_maps_grow_as_described() -> None:
    config = resolve({"architecture": "ganhacks2", "width": 2})
    G = ARCHITECTURES["ganhacks2"].generator(config, 3)
    shapes: list[tuple[int, ...]] = []
    for module in linear_maps(G)[1:]:
        module.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[2:])))
    G(torch.randn(2, 100))
    assert shapes == [(9, 8), (19, 16), (39, 32), (79, 64), (157, 128)]
