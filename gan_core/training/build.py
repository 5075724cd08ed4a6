"""Configuration -> state: the only file that knows every room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.datasets.batches import BatchStream, ImageArray
from gan_core.datasets.labels import Labelling
from gan_core.datasets.scaling import SCALINGS, Scaling
from gan_core.datasets.subset import rows_of
from gan_core.game.latents import draw
from gan_core.game.losses import LOSSES, Loss
from gan_core.game.meter import Meter
from gan_core.game.optimizer_numbers import OptimizerNumbers
from gan_core.game.optimizers import optimizer_of
from gan_core.game.player import Clock
from gan_core.nets import CONDITIONINGS_D
from gan_core.schema.configuration import Config
from gan_core.streams import Streams
from gan_core.training.auxiliary_terms import auxiliary_terms
from gan_core.training.diagnostics import Gradients
from gan_core.training.networks import Networks
from gan_core.training.timetable import total_steps
from gan_core.training.trick_parts import parts_by_trick
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

    def context_of(name: str) -> Context:
        draw_labels = None if labels is None else labels.classes.draw
        return Context(config, clock, random.get(f"trick:{name}", device), device, images.shape[1:], draw_labels)

    by_trick = parts_by_trick(config, context_of)
    is_classified = config.conditional and CONDITIONINGS_D[config.conditioning_d].classifies
    own = auxiliary_terms(config.auxiliary_weight) if is_classified else Parts()
    parts = reduce(add, by_trick.values(), own)
    networks = Networks(config, images.shape[1:], 0 if labels is None else len(labels.classes), by_trick, device)
    G, D = networks.G(), networks.D()
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
