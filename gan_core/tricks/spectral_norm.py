"""Spectral normalisation: every weight matrix is divided by its largest singular value.

D (or G) becomes 1-Lipschitz layer by layer, so D's gradient for G stays bounded. Miyato et al. 2018, "Spectral
Normalization for Generative Adversarial Networks" (arXiv:1802.05957), Algorithm 1: one power iteration a forward
pass. Both players: Zhang et al. 2019, "Self-Attention GAN" (arXiv:1805.08318), section 4.1. The matrix of a
convolution is its kernel reshaped to [out, in*h*w], as in the paper, which normalises every layer; in a conditional D
also the vectors of the classes (Miyato and Koyama 2018, arXiv:1802.05637, code). `bare_ends` is where
GANHacks2's code has it: neither on the map that z enters nor on the one that gives the logit, so that D's slope is
bounded only up to the norm of its last layer.

The singular vectors are those of the trained weights. With `ema`, G's averaged matrices get vectors of their own
whenever the average is shown (`statistics: recompute`); with copied ones a singular value may be above 1.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _SpectralNorm

from gan_core.game.player import Player
from gan_core.nets.initialisations import BEGINS_AT_ZERO
from gan_core.nets.network import Network
from gan_core.records import Record
from gan_core.tricks.seats import Context, Parts
from gan_core.tricks.trick import Compatibility, Trick

LINEAR_MAPS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
ENDS = ("head", "answer")  # D's last layers: what gives the logit, and what answers for the class


class Options(Record):
    """Where the weights are normalised, and how exactly."""

    on: Literal["D", "G", "both"] = Field("D", description="which network's weights")
    power_iterations: int = Field(1, ge=1, le=100, description="power iterations a forward pass")
    bare_ends: bool = Field(
        False,
        exclude_if=lambda bare: not bare,  # an option of later date: configurations without it keep their fingerprint
        description="leave the first map of G, which z enters, and the last of D as they are",
    )


class InFloat32(_SpectralNorm):
    """torch's, whose products stay float32 in a network that computes in another format."""

    def forward(self, weight: Tensor) -> Tensor:
        with torch.autocast(weight.device.type, enabled=False):
            normalised: Tensor = super().forward(weight)
        return normalised


def build(options: Options, context: Context) -> Parts:
    """Parametrise the linear maps of the chosen networks; the dose is the largest singular value reached."""
    normalised: list[nn.Module] = []

    def normalise(net: Network, player: Player) -> None:
        if options.on not in (player, "both"):
            return
        maps = [module for module in net.modules() if isinstance(module, LINEAR_MAPS)]
        if options.bare_ends:
            ends = {id(module) for name, module in net.named_modules() if name.startswith(ENDS)}
            maps = maps[1:] if player == "G" else [module for module in maps if id(module) not in ends]
        for module in maps:
            # dim 1 holds the outputs of a transposed convolution
            dim = 1 if isinstance(module, nn.ConvTranspose2d) else 0
            rule = InFloat32(module.weight, options.power_iterations, dim)
            parametrize.register_parametrization(module, "weight", rule)
            normalised.append(module)

    def dose() -> dict[str, float]:
        with torch.no_grad():
            return {"largest_singular_value": max(_spectral_norm(module) for module in normalised)}

    return Parts(layers=(normalise,), dose=(dose,))


def _spectral_norm(module: nn.Module) -> float:
    was_training = module.training
    module.eval()  # reading the weight in training mode would run a power iteration
    assert parametrize.is_parametrized(module, "weight")
    weight = module.weight
    module.train(was_training)
    assert isinstance(weight, torch.Tensor)
    if isinstance(module, nn.ConvTranspose2d):
        weight = weight.transpose(0, 1)
    return float(torch.linalg.matrix_norm(weight.flatten(1), ord=2))


TRICK = Trick(
    name="spectral_norm",
    summary="divide every weight matrix by its largest singular value",
    paper="Miyato et al. 2018, arXiv:1802.05957",
    options=Options,
    build=build,
    excludes=(
        Compatibility(
            text="norm_d: batch on the normalised D",
            holds=lambda c: c.norm_d != "batch" or c.trick("spectral_norm").on == "G",
            reason="batch normalisation rescales what spectral normalisation bounded (Miyato et al. 2018, section 3)",
            severity="warning",
        ),
        Compatibility(
            text=f"an initialisation that leaves matrices at 0: {', '.join(BEGINS_AT_ZERO)}",
            holds=lambda c: (
                not any(
                    initialisation in BEGINS_AT_ZERO and c.trick("spectral_norm").on in (player, "both")
                    for player, initialisation in (("G", c.initialisation_g), ("D", c.initialisation_d))
                )
            ),
            reason="the largest singular value of such a matrix is 0, and nothing can be divided by it",
        ),
    ),
)
