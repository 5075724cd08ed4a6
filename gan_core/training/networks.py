"""The networks of a run: made, initialised, made conditional, edited by the tricks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from gan_core import streams
from gan_core.game.player import Player
from gan_core.nets import ARCHITECTURES, CONDITIONINGS_G, INITIALISATIONS, PRECISIONS
from gan_core.nets.conditionings import condition_d
from gan_core.nets.initialisations import as_built
from gan_core.nets.network import Network
from gan_core.nets.widening import start_like
from gan_core.schema.configuration import Config
from gan_core.training.numerics import layout
from gan_core.tricks.seats import Parts

Make = Callable[[], Network]


@dataclass(frozen=True)
class Networks:
    """How the two networks of a run are made. `classes`: how many a conditional run has; 0 in a run without labels."""

    config: Config
    image_shape: tuple[int, int, int]  # [C H W]
    classes: int
    by_trick: Mapping[str, Parts]
    device: torch.device

    def G(self) -> nn.Module:  # noqa: N802  the field's name
        """The generator. Where the class comes with z, it is the wider one of an architecture with so much longer z."""
        config, generator = self.config, ARCHITECTURES[self.config.architecture].generator
        conditioning = CONDITIONINGS_G[config.conditioning_g]
        widened = conditioning.widened if self.classes else 1
        wider = config.model_copy(update={"latent_dim": widened * config.latent_dim})
        net = self._started(
            "G",
            lambda: generator(config, self.image_shape[0]),
            (lambda: generator(wider, self.image_shape[0])) if widened > 1 else None,
        )
        if self.classes:
            with streams.forked(config.seed, "init.G.labels"):
                conditioning.condition(net, config, self.classes)
        return self._edited(net, "G")

    def D(self) -> nn.Module:  # noqa: N802  the field's name
        """The discriminator, wider where tricks put something before its last layer."""
        config, discriminator = self.config, ARCHITECTURES[self.config.architecture].discriminator
        tails = tuple(tail for own in self.by_trick.values() for tail in own.d_tail)
        net = self._started(
            "D",
            lambda: discriminator(config, self.image_shape[0]),
            (lambda: discriminator(config, self.image_shape[0], tails)) if tails else None,
        )
        if self.classes:
            with streams.forked(config.seed, "init.D.labels"):
                answer = condition_d(net, config, self.classes, self.image_shape)
            _initialise(answer, config.seed, "init.D.labels", config.initialisation_d)
        return self._edited(net, "D")

    def _started(self, player: Player, make: Make, make_wider: Make | None) -> Network:
        """A plainly initialised network. A wider one starts with the plain one's weights wherever it has them too."""
        seed = self.config.seed
        initialisation = self.config.initialisation_g if player == "G" else self.config.initialisation_d
        net = _initialised(make, seed, f"init.{player}", initialisation)
        if make_wider is not None:
            plain, net = net, _initialised(make_wider, seed, f"init.{player}.tails", initialisation)
            start_like(net, plain)
        return net

    def _edited(self, net: Network, player: Player) -> nn.Module:
        """Edited by the tricks, each drawing from a stream of its own, and on the device."""
        for name, own in self.by_trick.items():
            with streams.forked(self.config.seed, f"trick:{name}.{player}"):
                for edit in own.layers:
                    edit(net, player)
        net.precision = PRECISIONS[self.config.precision]
        return net.to(self.device).to(memory_format=layout(self.config, self.device)).train()


def _initialised(make: Callable[[], Network], seed: int, stream: str, initialisation: str) -> Network:
    """A network whose layers each draw their weights from the stream of their own name.

    So two networks that differ in a normalisation or in biases share the initial weights of every layer that both have.
    """
    with streams.forked(seed, stream):
        net = make()
    _initialise(net, seed, stream, initialisation)
    return net


def _initialise(net: nn.Module, seed: int, stream: str, initialisation: str) -> None:
    """As it was built, where the initialisation leaves it so."""
    if INITIALISATIONS[initialisation] is as_built:
        return
    for name, layer in net.named_modules():
        if layer._parameters and hasattr(layer, "reset_parameters"):
            with streams.forked(seed, f"{stream}.{name}"):
                layer.reset_parameters()
            with streams.forked(seed, f"{stream}.{name}"):  # anew: a layer with a bias has drawn more by now
                INITIALISATIONS[initialisation](layer)
