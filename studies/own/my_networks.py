"""A pair of networks as one finds it in a tutorial: plain modules that know nothing of this platform.

As in PyTorch's DCGAN tutorial G takes z as [N z 1 1], D gives probabilities [N 1 1 1] out of a sigmoid, both have a
constructor's argument, and a function applied to each layer draws the weights. `pair` finds all this out: it hands z
over in that form and leaves the sigmoid out, since losses take logits. The layers are those of Radford et al. 2016
(arXiv:1511.06434) for images of 32 px.
"""

from torch import Tensor, nn

from gan_core.plugins import pair, register

LATENT = 64


def weights(layer: nn.Module) -> None:
    """N(0, 0.02) for convolutions, N(1, 0.02) for the scales of batch norm."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)


class Generator(nn.Module):
    """z [N z 1 1] -> images [N 1 32 32] in [-1, 1]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = LATENT
        for channels, stride, padding in ((4 * width, 1, 0), (2 * width, 2, 1), (width, 2, 1)):
            layers.append(nn.ConvTranspose2d(before, channels, 4, stride, padding, bias=False))
            layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
            before = channels
        self.net = nn.Sequential(*layers, nn.ConvTranspose2d(before, 1, 4, 2, 1), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)


class Discriminator(nn.Module):
    """Images [N 1 32 32] -> the probability that each is real [N 1 1 1]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for channels in (width, 2 * width):
            layers += [nn.Conv2d(channels, 2 * channels, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * channels)]
            layers.append(nn.LeakyReLU(0.2))
        self.net = nn.Sequential(*layers, nn.Conv2d(4 * width, 1, 4), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


# All that has to be added to such a file
register(
    "my_networks",
    pair(
        lambda: Generator(16).apply(weights),
        lambda: Discriminator(16).apply(weights),
        latent_dim=LATENT,
        paper="Radford et al. 2016, arXiv:1511.06434",
    ),
)
