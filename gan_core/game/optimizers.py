"""Optimizers by name, one for each player. Those that torch has in one pass over memory (`fused`) are built so."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from gan_core.game.player import Player
from gan_core.problems import Problem
from gan_core.registry import Registry
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Number, number_at


@dataclass(frozen=True)
class Numbers:
    """The numbers of an update rule; each optimizer uses those that it has."""

    lr: float
    betas: tuple[float, float]
    momentum: float
    rmsprop_decay: float
    weight_decay: float


@dataclass(frozen=True)
class Optimizer:
    """An update rule. `uses`: the settings that it reads; `weight_decay`: used unless the configuration sets one.

    `reads_rate`: with its rate in a tensor it computes as with a number. What it keeps of former updates begins at 0.
    """

    paper: str
    build: Callable[[Iterable[nn.Parameter], Numbers], torch.optim.Optimizer]
    uses: tuple[str, ...]
    weight_decay: float = 0.0
    reads_rate: bool = True


_own: dict[str, Optimizer] = {
    "adam": Optimizer(
        "Kingma and Ba 2015, arXiv:1412.6980; beta1 = 0.5 for GANs: Radford et al. 2016, arXiv:1511.06434, section 4",
        lambda p, n: torch.optim.Adam(p, lr=n.lr, betas=n.betas, weight_decay=n.weight_decay, fused=True),
        uses=("beta1", "beta2"),
    ),
    "adamw": Optimizer(
        "Loshchilov and Hutter 2019, arXiv:1711.05101: Adam with the weight decay outside the moments",
        lambda p, n: torch.optim.AdamW(p, lr=n.lr, betas=n.betas, weight_decay=n.weight_decay, fused=True),
        uses=("beta1", "beta2"),
        weight_decay=0.01,
    ),
    "sgd": Optimizer(
        "Robbins and Monro 1951; momentum: Polyak 1964; in GANs: Goodfellow et al. 2014, arXiv:1406.2661, Algorithm 1",
        lambda p, n: torch.optim.SGD(p, lr=n.lr, momentum=n.momentum, weight_decay=n.weight_decay, fused=True),
        uses=("momentum",),
    ),
    "rmsprop": Optimizer(
        "Tieleman and Hinton 2012, lecture 6.5; in GANs: Arjovsky et al. 2017, arXiv:1701.07875, Algorithm 1",
        lambda p, n: torch.optim.RMSprop(
            p, lr=n.lr, alpha=n.rmsprop_decay, momentum=n.momentum, weight_decay=n.weight_decay
        ),
        uses=("momentum", "rmsprop_decay"),
        reads_rate=False,  # a number is multiplied in another order
    ),
}
OPTIMIZERS: Registry[Optimizer] = Registry("optimizer", _own)


def optimizer_of(config: Config, player: Player, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The player's optimizer, over these parameters."""
    name, lr, weight_decay = (
        (config.optimizer_g, config.lr_g, config.weight_decay_g)
        if player == "G"
        else (config.optimizer_d, config.lr_d, config.weight_decay_d)
    )
    betas = (_first(config.beta1), _first(config.beta2))
    numbers = Numbers(_first(lr), betas, config.momentum, config.rmsprop_decay, weight_decay)
    return OPTIMIZERS[name].build(parameters, numbers)


def _first(number: Number) -> float:
    """A run's numbers are those of its first step until the next one is due."""
    return number_at(number, 0.0, math.inf)


def make_capturable(optimizer: torch.optim.Optimizer) -> None:
    """Keep everything on the GPU that a CUDA graph has to find there. What it saves can be loaded by any other."""
    for group in optimizer.param_groups:
        if "capturable" in group and group["params"][0].is_cuda:
            group["capturable"] = True
    for parameter, kept in optimizer.state.items():
        if "step" in kept:
            kept["step"] = kept["step"].to(parameter.device)
    optimizer.register_state_dict_post_hook(_saved_plainly)


def _saved_plainly(_: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    for group in saved["param_groups"]:
        group["lr"] = float(group["lr"])
        if "capturable" in group:
            group["capturable"] = False


def idle_numbers(config: Config, named: Collection[str], defaults: Mapping[str, float]) -> list[Problem]:
    """The problems of settings that were named and have no effect under the chosen optimizers.

    `defaults`: the value of each setting where nobody names it. A setting at its default is no problem, because the
    plain form of a configuration names all of them.
    """
    chosen = {"g": config.optimizer_g, "d": config.optimizer_d}
    problems = []
    for setting in dict.fromkeys(setting for optimizer in OPTIMIZERS.values() for setting in optimizer.uses):
        idle = not any(setting in OPTIMIZERS[name].uses for name in chosen.values())
        if idle and setting in named and getattr(config, setting) != defaults[setting]:
            users = ", ".join(name for name, optimizer in OPTIMIZERS.items() if setting in optimizer.uses)
            both = " and ".join(dict.fromkeys(chosen.values()))
            problems.append(Problem(f"has no effect under {both}; optimizers that use it: {users}", where=(setting,)))
    for player, name in chosen.items():
        if name == "adamw" and not getattr(config, f"weight_decay_{player}"):
            reason = "adamw without weight decay is adam (Loshchilov and Hutter 2019, Algorithm 2)"
            problems.append(Problem(reason, where=(f"weight_decay_{player}",)))
    return problems
