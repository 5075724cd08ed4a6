"""Architectures by name, and what is in them by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gan_core.nets import dcgan, ganhacks2, mlp, r3gan, sngan_cnn, sngan_resnet, wgan_tf
from gan_core.nets.activations import ACTIVATIONS
from gan_core.nets.conditionings import CONDITIONINGS_D, CONDITIONINGS_G
from gan_core.nets.initialisations import INITIALISATIONS
from gan_core.nets.network import Network
from gan_core.nets.normalisations import NORMALISATIONS
from gan_core.nets.precision import PRECISIONS
from gan_core.registry import Registry

_PLAIN = {"norm_g": "none", "norm_d": "none"}
_SNGAN = "Miyato et al. 2018, arXiv:1802.05957, appendix B"
_GLOROT = {"initialisation_g": "glorot", "initialisation_d": "glorot"}
_TORCH = {"initialisation_g": "torch_default", "initialisation_d": "torch_default"}
_LEAKY = {"activation_g": "leaky_relu", "activation_d": "leaky_relu"}


@dataclass(frozen=True)
class Architecture:
    """A pair of networks. G: (config, channels); D: (config, channels, tails)."""

    paper: str
    check_size: Callable[[int, int], object]  # (height, width); raises ValueError for what it cannot draw
    generator: Callable[..., Network]
    discriminator: Callable[..., Network]
    defaults: Mapping[str, Any] = field(default_factory=dict)  # settings that differ from the record's own defaults
    has_maps: bool = True  # its hidden activations are feature maps [N C H W], not vectors [N C]
    has_blocks: bool = True  # its hidden blocks, and D's last layer, are there for tricks to edit
    fixed: Mapping[str, Any] = field(default_factory=dict)  # settings that it can't have otherwise
    ignores: tuple[str, ...] = ()  # settings that have no effect with it
    channels: int | None = None  # of the images that it is made for; None: of any


_own: dict[str, Architecture] = {
    "dcgan": Architecture(
        "Radford et al. 2016, arXiv:1511.06434", dcgan.check_size, dcgan.Generator, dcgan.Discriminator
    ),
    "mlp": Architecture(
        "Goodfellow et al. 2014, arXiv:1406.2661",
        mlp.check_size,
        mlp.Generator,
        mlp.Discriminator,
        {"width": 128, **_PLAIN, **_LEAKY, **_TORCH},
        has_maps=False,
    ),
    "ganhacks2": Architecture(
        "https://github.com/IliaZenkov/DCGAN-Rectangular-GANHacks2",
        ganhacks2.check_size,
        ganhacks2.Generator,
        dcgan.Discriminator,
        {"image_size": ganhacks2.SHAPE, "max_width": 512, "bias": "none", "norm_d": "none"},
    ),
    "wgan_tf": Architecture(
        "the networks of WGAN_TensorFlow; Arjovsky et al. 2017, arXiv:1701.07875",
        wgan_tf.check_size,
        wgan_tf.Generator,
        wgan_tf.Discriminator,
        {**_PLAIN, **_GLOROT},
    ),
    "sngan_cnn": Architecture(
        f"{_SNGAN}, table 3",
        sngan_cnn.check_size,
        sngan_cnn.Generator,
        sngan_cnn.Discriminator,
        {"norm_d": "none", "activation_d": "leaky_relu_0.1"},
    ),
    "sngan_resnet": Architecture(
        f"{_SNGAN}, table 4",
        sngan_resnet.check_size,
        sngan_resnet.Generator,
        sngan_resnet.Discriminator,
        {"norm_d": "none", "activation_d": "relu", **_GLOROT},
    ),
    "r3gan": Architecture(
        "Huang et al. 2024, arXiv:2501.05441, section 3",
        r3gan.check_size,
        r3gan.Generator,
        r3gan.Discriminator,
        {"latent_dim": 64, **_PLAIN, **_LEAKY, "initialisation_g": "r3gan", "initialisation_d": "r3gan"},
    ),
}
ARCHITECTURES: Registry[Architecture] = Registry("architecture", _own)
__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "CONDITIONINGS_D",
    "CONDITIONINGS_G",
    "INITIALISATIONS",
    "NORMALISATIONS",
    "PRECISIONS",
    "Architecture",
]
