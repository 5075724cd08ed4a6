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
from gan_core.datasets.labels import Labelling
from gan_core.datasets.scaling import SCALINGS, Scaling
from gan_core.datasets.subset import rows_of
from gan_core.game.latents import draw
from gan_core.game.losses import LOSSES, Loss
from gan_core.game.meter import Meter
from gan_core.game.optimizer_numbers import OptimizerNumbers
from gan_core.game.optimizers import optimizer_of
from gan_core.game.player import Clock, Player
from gan_core.nets import ARCHITECTURES, CONDITIONINGS_D, CONDITIONINGS_G, INITIALISATIONS, PRECISIONS
from gan_core.nets.conditionings import condition_d
from gan_core.nets.initialisations import as_built
from gan_core.nets.network import Network
from gan_core.nets.widening import start_like
from gan_core.schema.configuration import Config
from gan_core.streams import Streams
from gan_core.training.auxiliary_terms import auxiliary_terms
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


def build(config: Config, images: ImageArray, device: torch.device, labels: Labelling | None = None) -> State:
    """A run at step 0 on these images, uint8 [N C H W], or on the part of them that its settings name.

    `labels`: of all of them, for a conditional run.
    """
    if config.conditional and labels is None:
        raise ValueError("a conditional run needs the labels of its images")
    if not config.conditional:
        labels = None
    clock, random = Clock(), Streams(config.seed)
    random.get("latent")
    by_trick = {
        trick.name: trick.build(
            options,
            Context(
                config,
                clock,
                random.get(f"trick:{trick.name}", device),
                device,
                images.shape[1:],
                None if labels is None else labels.classes.draw,
            ),
        )
        for trick, options in tricks_of(config)
    }
    parts = reduce(add, by_trick.values(), _own_terms(config))
    classes = 0 if labels is None else len(labels.classes)
    G = _network(config, "G", by_trick, device, *_makes_g(config, images.shape[1]), _conditions_g(config, classes))
    D = _network(
        config,
        "D",
        by_trick,
        device,
        *_makes_d(config, images.shape[1], parts),
        _conditions_d(config, classes, images.shape[1:]),
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
        batches=BatchStream(
            images, config.seed, device, scaling.apply, rows, config.mirror, None if labels is None else labels.y
        ),
        streams=random,
        clock=clock,
        gradients_g=Gradients(G, "G"),
        gradients_d=Gradients(D, "D"),
    )


Make = Callable[[], Network]
Edit = Callable[[Network], None]


def _own_terms(config: Config) -> Parts:
    """What the settings add to the losses themselves, before any trick."""
    is_classified = config.conditional and CONDITIONINGS_D[config.conditioning_d].classifies
    return auxiliary_terms(config.auxiliary_weight) if is_classified else Parts()


def _makes_g(config: Config, channels: int) -> tuple[Make, Make | None]:
    """How a plain G is made, and a wider one if need be: z may come with as much again of its class."""
    generator = ARCHITECTURES[config.architecture].generator
    widened = CONDITIONINGS_G[config.conditioning_g].widened if config.conditional else 1
    wider = config.model_copy(update={"latent_dim": widened * config.latent_dim})
    return lambda: generator(config, channels), (lambda: generator(wider, channels)) if widened > 1 else None


def _makes_d(config: Config, channels: int, parts: Parts) -> tuple[Make, Make | None]:
    """How a plain D is made, and a wider one if need be: with tails."""
    discriminator = ARCHITECTURES[config.architecture].discriminator
    with_tails = (lambda: discriminator(config, channels, parts.d_tail)) if parts.d_tail else None
    return lambda: discriminator(config, channels), with_tails


def _conditions_g(config: Config, classes: int) -> Edit:
    def edit(G: Network) -> None:
        if classes:
            with streams.forked(config.seed, "init.G.labels"):
                CONDITIONINGS_G[config.conditioning_g].condition(G, config, classes)

    return edit


def _conditions_d(config: Config, classes: int, image_shape: tuple[int, int, int]) -> Edit:
    def edit(D: Network) -> None:
        if classes:
            with streams.forked(config.seed, "init.D.labels"):
                answer = condition_d(D, config, classes, image_shape)
            _initialise(answer, config.seed, "init.D.labels", config.initialisation_d)

    return edit


def _network(
    config: Config,
    player: Player,
    by_trick: dict[str, Parts],
    device: torch.device,
    make: Make,
    make_wider: Make | None,
    condition: Edit,
) -> nn.Module:
    """A plainly initialised network, made conditional, then edited by the tricks, each drawing from its own stream.

    A wider one starts with the plain one's weights wherever it has them too.
    """
    initialisation = config.initialisation_g if player == "G" else config.initialisation_d
    net = _initialised(make, config.seed, f"init.{player}", initialisation)
    if make_wider is not None:
        plain, net = net, _initialised(make_wider, config.seed, f"init.{player}.tails", initialisation)
        start_like(net, plain)
    condition(net)
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
