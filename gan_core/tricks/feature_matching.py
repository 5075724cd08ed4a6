"""Feature matching: G is also to match the mean features that D sees in real images.

A goal for G that does not run away with D's verdict. Salimans et al. 2016, "Improved Techniques for Training GANs"
(arXiv:1606.03498), section 3.1: |E f(x) - E f(G(z))|^2, f being the output of an intermediate layer of D; here that of
D's last hidden block. Both means are taken in D as G meets it, the reals being those that D has just learnt from, as
it saw them.
Deviation: the term is added to G's loss with a weight; in the paper it replaces that loss.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from gan_core.game.meter import DoseMeter
from gan_core.game.player import Player
from gan_core.nets.network import Network
from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number
from gan_core.tricks.seats import Context, Parts, Pass, Term, moving
from gan_core.tricks.trick import Trick


class Options(Record):
    """How much it counts beside G's loss."""

    weight: Annotated[Number, Bounds(gt=0)] = Field(
        1.0, description="weight of the squared distance of the mean features"
    )


class Features:
    """What the last hidden block of D makes of images."""

    def __init__(self) -> None:
        self._images: Tensor | None = None  # of D's last pass
        self._features: Tensor | None = None

    def watch(self, net: Network, player: Player) -> None:
        """Keep what passes through this network, if it is D."""
        if player == "D":
            net.register_forward_pre_hook(self._keep_images)
            net.blocks[-1].register_forward_hook(self._keep_features)

    def of(self, D: nn.Module, x: Tensor) -> Tensor:
        """Features [N ...] of x: those of D's last pass where that was of x, else of another pass."""
        if self._images is not x:
            D(x)
        assert self._features is not None
        return self._features

    def _keep_images(self, module: nn.Module, arguments: tuple[Tensor]) -> None:
        (self._images,) = arguments

    def _keep_features(self, module: nn.Module, arguments: tuple[Tensor], features: Tensor) -> None:
        self._features = features


def build(options: Options, context: Context) -> Parts:
    """A term of G's loss; the dose is the squared distance of the mean features, before its weight."""
    tally, features, reals = DoseMeter(context.device), Features(), list[Tensor]()

    def keep_reals(seen: Pass) -> None:
        assert seen.x_real is not None
        reals[:] = [seen.x_real]

    def distance(seen: Pass) -> Tensor:
        fake = features.of(seen.D, seen.x_fake).mean(dim=0)
        with torch.no_grad():
            real = features.of(seen.D, reals[0]).mean(dim=0)
        value = (real - fake).square().sum()
        tally.note("squared_distance", value)
        return context.now(options.weight) * value

    return Parts(
        layers=(features.watch,),
        observers=(keep_reals,),
        g_terms=(Term("feature_matching", 1, distance),),
        state={"feature_matching": tally},
        dose=(tally.dose,),
        eager=(
            "feature_matching compares with tensors that another update has left behind",
            *moving("feature_matching", options),
        ),
    )


TRICK = Trick(
    name="feature_matching",
    summary="G also matches the mean features that D sees in reals",
    paper="Salimans et al. 2016, arXiv:1606.03498, section 3.1",
    options=Options,
    build=build,
    edits_blocks=lambda options: True,
)
