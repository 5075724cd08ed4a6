"""The places where a trick may sit. A seat is a signature, not a moment at which anything may happen.

`Parts` has one tuple a seat. Off is the empty tuple: no code of an absent trick runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from gan_core.game.player import Clock, Player
from gan_core.nets.network import Network, Tail
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Number, Ramp, ramps_in


@dataclass(frozen=True)
class Context:
    """What a trick is given when it is built: the whole run's configuration and a random stream of its own."""

    config: Config
    clock: Clock
    stream: torch.Generator
    device: torch.device
    image_shape: tuple[int, int, int]  # [C H W]
    draw_labels: Callable[[int, torch.Generator], Tensor] | None = (
        None  # [count], as often as in the data; or no labels
    )

    def now(self, number: Number) -> float:
        """The value of an option that may be a ramp, in the step that is being made."""
        return number.at(self.clock.kimg, self.config.budget_kimg) if isinstance(number, Ramp) else number


class Pass(NamedTuple):
    """What one phase computed, for terms that are added to its loss. Images are as D saw them.

    x_real and logits_real are None in the G phase, unless the loss compares with reals there; x_fake carries the
    graph of G there and is detached in the D phase. `unseen_real` and `unseen_fake` are the same images before any
    view, as leaves of the graph to the logits; None where no term of this update asks for them (`Term.before_view`). D
    is called with images alone in a conditional run too: it is bound to the classes y, which reals and fakes share
    image by image.
    """

    D: nn.Module
    x_real: Tensor | None  # [N C H W] in [-1, 1]
    x_fake: Tensor  # [N C H W] in [-1, 1]
    logits_real: Tensor | None  # [N]
    logits_fake: Tensor  # [N]
    unseen_real: Tensor | None = None  # [N C H W]
    unseen_fake: Tensor | None = None  # [N C H W]
    y: Tensor | None = None  # [N] in a conditional run


@dataclass(frozen=True)
class Term:
    """A scalar that is added to a player's loss at every `every`th of its updates in the run, noted under `name`.

    `before_view`: it differentiates D's logits with respect to images before any view. D's phase only.
    """

    name: str
    every: int
    value: Callable[[Pass], Tensor]
    before_view: bool = False


class Shadow(NamedTuple):
    """A generator that is scored, sampled and saved in G's place."""

    module: nn.Module
    update: Callable[[], None]  # after each step
    settle: Callable[[], None]  # before it is shown: what costs too much for every step


class Stateful(Protocol):
    """What has to be in the checkpoint."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> Any: ...


LayerRule = Callable[[Network, Player], None]  # edits a plainly initialised network in place
BeforeD = Callable[[nn.Module], None]  # (D), before it looks at anything, each time that it learns
View = Callable[[Tensor], Tensor]  # what D gets to see, real and fake, in both phases
Fakes = Callable[[Tensor], Tensor]  # fakes for D only, D phase
Targets = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # (t_real, t_fake), D phase
GTargets = Callable[[Tensor], Tensor]  # what G wants D to say of the fakes, G phase
Observer = Callable[[Pass], None]  # hears what D said, D phase; adds nothing to its loss
Grads = Callable[[nn.Module, Player], None]  # between backward and step
AfterD = Callable[[nn.Module], None]  # (D), after each update of D
After = Callable[[nn.Module, nn.Module], None]  # (G, D), once per step
MakeShadow = Callable[[nn.Module], Shadow]  # G -> what is shown in its place
Dose = Callable[[], dict[str, float]]  # how much the trick acted, asked once a tick


TERMS = ("d_terms", "g_terms")  # seats


@dataclass(frozen=True)
class Parts:
    """What one trick, or all tricks together, put into the seats.

    `eager`: why the updates can't be recorded and replayed, in words. A recording does the same to the same memory each
    time without any Python, so nothing in a seat of an update may read the clock, draw random numbers, choose by a
    value, or keep tensors other than by writing in place. `after`, `shadow` and `dose` are outside, and free.
    """

    layers: tuple[LayerRule, ...] = ()
    d_tail: tuple[Tail, ...] = ()
    before_d: tuple[BeforeD, ...] = ()
    view: tuple[View, ...] = ()
    fakes: tuple[Fakes, ...] = ()
    targets: tuple[Targets, ...] = ()
    g_targets: tuple[GTargets, ...] = ()
    d_terms: tuple[Term, ...] = ()
    g_terms: tuple[Term, ...] = ()
    observers: tuple[Observer, ...] = ()
    grads: tuple[Grads, ...] = ()
    after_d: tuple[AfterD, ...] = ()
    after: tuple[After, ...] = ()
    shadow: tuple[MakeShadow, ...] = ()
    state: Mapping[str, Stateful] = field(default_factory=dict)
    dose: tuple[Dose, ...] = ()
    eager: tuple[str, ...] = ()

    def wrong(self) -> str:
        """What in a seat is none of what sits there, in words; '' where all is well."""
        for seat, content in ((each.name, getattr(self, each.name)) for each in fields(self)):
            if seat == "state":
                if not isinstance(content, Mapping):
                    return f"state is {type(content).__name__}, not a dict of what a checkpoint holds, by name"
                continue
            wanted = "texts" if seat == "eager" else "Terms" if seat in TERMS else "functions"
            if not isinstance(content, tuple):
                return f"{seat} is {type(content).__name__}, not a tuple of {wanted}: {seat}=(..., )"
            for each in content:
                if not _fits(seat, each):
                    return f"{seat} holds {type(each).__name__}, and not {wanted} alone"
        return ""

    def __add__(self, other: "Parts") -> "Parts":
        """Both, in order. Two states of one name are an error."""
        if clash := self.state.keys() & other.state.keys():
            raise ValueError(f"two tricks keep state under {sorted(clash)}")
        tuples = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self) if f.name != "state"}
        return Parts(**tuples, state={**self.state, **other.state})


def _fits(seat: str, each: object) -> bool:
    if seat == "eager":
        return isinstance(each, str)
    return isinstance(each, Term) if seat in TERMS else callable(each)


def moving(trick: str, options: Record) -> tuple[str, ...]:
    """Why updates that read these options can't be recorded: for each option that is a ramp, in words."""
    return tuple(f"{trick}.{'.'.join(path)} is a ramp, which each update reads anew" for path, _ in ramps_in(options))
