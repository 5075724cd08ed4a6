"""Configuration -> state: the only file that knows every room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor, nn

from gan_core import streams
from gan_core.datasets.batches import BatchStream, ImageArray
from gan_core.datasets.scaling import SCALINGS, Scaling
from gan_core.datasets.subset import rows_of
from gan_core.game.latents import draw
from gan_core.game.losses import LOSSES, Loss
from gan_core.game.meter import Meter
from gan_core.game.optimizer_numbers import OptimizerNumbers
from gan_core.game.optimizers import optimizer_of
from gan_core.game.player import Clock, Player
from gan_core.nets import ARCHITECTURES, INITIALISATIONS, PRECISIONS
from gan_core.nets.initialisations import as_built
from gan_core.nets.network import Network
from gan_core.nets.widening import start_like
from gan_core.schema.configuration import Config
from gan_core.streams import Streams
from gan_core.training.diagnostics import Gradients
from gan_core.training.numerics import layout
from gan_core.training.timetable import total_steps
from gan_core.tricks import tricks_of
from gan_core.tricks.seats import Context, Dose, Parts, Shadow


@dataclass
class State:
    """Everything that a run is made of while it trains."""

    config: Config
    device: torch.device
    G: nn.Module
    D: nn.Module
    opt_g: torch.optim.Optimizer
    opt_d: torch.optim.Optimizer
    rates: OptimizerNumbers
    loss: Loss
    parts: Parts
    doses: Mapping[str, tuple[Dose, ...]]  # by trick
    shadows: tuple[Shadow, ...]
    scaling: Scaling
    batches: BatchStream
    streams: Streams
    clock: Clock
    gradients_g: Gradients
    gradients_d: Gradients
    meter: Meter = field(default_factory=Meter)

    @property
    def shown_g(self) -> nn.Module:
        """The generator that is scored, sampled, saved and exported: G itself, or its shadow made ready for it."""
        if not self.shadows:
            return self.G
        self.shadows[-1].settle()
        return self.shadows[-1].module

    def latents(self, count: int) -> Tensor:
        """Fresh z for training, [count latent_dim]. Drawn on the CPU: the same z on any device."""
        z = draw(self.config, count, self.streams.get("latent"))
        return z.to(self.device, non_blocking=True)

    def stateful(self) -> dict[str, Any]:
        """Everything with a state_dict, by name: what a checkpoint holds."""
        own = {
            "G": self.G,
            "D": self.D,
            "opt_g": self.opt_g,
            "opt_d": self.opt_d,
            "batches": self.batches,
            "streams": self.streams,
        }
        return {**own, **{f"trick:{name}": thing for name, thing in self.parts.state.items()}}


def build(config: Config, images: ImageArray, device: torch.device) -> State:
    """A run at step 0 on these images, uint8 [N C H W], or on the part of them that its settings name."""
    clock, random = Clock(), Streams(config.seed)
    random.get("latent")
    by_trick = {
        trick.name: trick.build(
            options, Context(config, clock, random.get(f"trick:{trick.name}", device), device, images.shape[1:])
        )
        for trick, options in tricks_of(config)
    }
    parts = reduce(add, by_trick.values(), Parts())
    channels = images.shape[1]
    architecture = ARCHITECTURES[config.architecture]
    G = _network(config, "G", lambda: architecture.generator(config, channels), by_trick, device)
    D = _network(
        config,
        "D",
        lambda: architecture.discriminator(config, channels),
        by_trick,
        device,
        (lambda: architecture.discriminator(config, channels, parts.d_tail)) if parts.d_tail else None,
    )
    opt_g, opt_d = optimizer_of(config, "G", G.parameters()), optimizer_of(config, "D", D.parameters())
    rows = rows_of(len(images), config.max_images)
    scaling = SCALINGS[config.data_scaling](images if rows is None else images[rows], device)
    return State(
        config=config,
        device=device,
        G=G,
        D=D,
        opt_g=opt_g,
        opt_d=opt_d,
        rates=OptimizerNumbers(config, {"lr_g": opt_g, "lr_d": opt_d}, clock, total_steps(config)),
        loss=LOSSES[config.loss],
        parts=parts,
        doses={name: own.dose for name, own in by_trick.items()},
        shadows=tuple(make_shadow(G) for make_shadow in parts.shadow),
        scaling=scaling,
        batches=BatchStream(images, config.seed, device, scaling.apply, rows, config.mirror),
        streams=random,
        clock=clock,
        gradients_g=Gradients(G, "G"),
        gradients_d=Gradients(D, "D"),
    )


def _network(
    config: Config,
    player: Player,
    make: Callable[[], Network],
    by_trick: dict[str, Parts],
    device: torch.device,
    make_wider: Callable[[], Network] | None = None,
) -> nn.Module:
    """A plainly initialised network, then edited by the tricks, each drawing from a stream of its own.

    A wider one (with tails) starts with the plain one's weights wherever it has them too.
    """
    initialisation = config.initialisation_g if player == "G" else config.initialisation_d
    net = _initialised(make, config.seed, f"init.{player}", initialisation)
    if make_wider is not None:
        plain, net = net, _initialised(make_wider, config.seed, f"init.{player}.tails", initialisation)
        start_like(net, plain)
    for name, own in by_trick.items():
        with streams.forked(config.seed, f"trick:{name}.{player}"):
            for edit in own.layers:
                edit(net, player)
    net.precision = PRECISIONS[config.precision]
    return net.to(device).to(memory_format=layout(config, device)).train()


def _initialised(make: Callable[[], Network], seed: int, stream: str, initialisation: str) -> Network:
    """A network whose layers each draw their weights from the stream of their own name.

    So two networks that differ in a normalisation or in biases share the initial weights of every layer that both have.
    """
    with streams.forked(seed, stream):
        net = make()
    if INITIALISATIONS[initialisation] is as_built:
        return net
    for name, layer in net.named_modules():
        if layer._parameters and hasattr(layer, "reset_parameters"):
            with streams.forked(seed, f"{stream}.{name}"):
                layer.reset_parameters()
            with streams.forked(seed, f"{stream}.{name}"):  # anew: a layer with a bias has drawn more by now
                INITIALISATIONS[initialisation](layer)
    return net
