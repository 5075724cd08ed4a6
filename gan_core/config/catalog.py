"""What exists: every choice with its levels, every trick with its options, paper, needs and excludes."""

import types
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from gan_core.config.choices import Levels, SomeOf
from gan_core.config.translate import full_config
from gan_core.game.losses import LOSSES
from gan_core.game.lr_schedules import SCHEDULES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, CONDITIONINGS_D, CONDITIONINGS_G, PRECISIONS
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Ramp
from gan_core.tricks import TRICKS, Compatibility

USE = "use"
_BOUNDS = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))


@dataclass(frozen=True)
class Option:
    """One value that the user may set."""

    name: str
    kind: str  # "int", "float", "one of D, G, both", ...
    default: Any
    description: str

    @property
    def flag(self) -> str:
        """The option's command-line flag."""
        return "--" + self.name.replace("_", "-")


@dataclass(frozen=True)
class TrickEntry:
    """An addition. `options[0]` is the option that a bare value sets."""

    name: str
    summary: str
    paper: str
    options: tuple[Option, ...]
    needs: tuple[Compatibility, ...]
    excludes: tuple[Compatibility, ...]


@dataclass(frozen=True)
class LevelEntry:
    """One level of a choice, with the paper that it comes from."""

    choice: str
    level: str
    paper: str
    needs: tuple[Compatibility, ...] = ()


def choices() -> tuple[Option, ...]:
    """The plain settings of a run, in the order of the record; without `use`, which is given by files."""
    fields = {name: field for name, field in full_config().model_fields.items() if name in Config.model_fields}
    return tuple(_option(name, field) for name, field in fields.items() if name != USE)


def tricks() -> tuple[TrickEntry, ...]:
    """The additions, in their canonical order."""
    return tuple(
        TrickEntry(
            name=trick.name,
            summary=trick.summary,
            paper=trick.paper,
            options=tuple(_option(name, field) for name, field in trick.options.model_fields.items()),
            needs=trick.needs,
            excludes=trick.excludes,
        )
        for trick in TRICKS.values()
    )


def levels() -> tuple[LevelEntry, ...]:
    """The levels of the choices, with the papers that they come from."""
    return (
        *(LevelEntry("architecture", name, a.paper) for name, a in ARCHITECTURES.items()),
        *(LevelEntry("conditioning_g", name, c.paper, c.needs) for name, c in CONDITIONINGS_G.items()),
        *(LevelEntry("conditioning_d", name, c.paper, c.needs) for name, c in CONDITIONINGS_D.items()),
        *(LevelEntry("loss", name, loss.paper, loss.needs) for name, loss in LOSSES.items()),
        *(LevelEntry("activation_g, activation_d", name, a.paper) for name, a in ACTIVATIONS.items()),
        *(LevelEntry("optimizer_g, optimizer_d", name, o.paper) for name, o in OPTIMIZERS.items()),
        *(LevelEntry("lr_decay", name, s.paper) for name, s in SCHEDULES.items()),
        *(LevelEntry("precision", name, p.paper) for name, p in PRECISIONS.items()),
    )


def _option(name: str, field: FieldInfo) -> Option:
    bounds = [f"{sign} {getattr(m, key)}" for m in field.metadata for key, sign in _BOUNDS if hasattr(m, key)]
    registries = [m for m in field.metadata if isinstance(m, Levels)]
    some = any(isinstance(m, SomeOf) for m in registries)
    kind = f"{'some' if some else 'one'} of {', '.join(registries[0].names)}" if registries else _kind(field.annotation)
    return Option(
        name, " ".join([kind, *([", ".join(bounds)] if bounds else [])]), field.default, field.description or ""
    )


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return f"one of {', '.join(map(str, get_args(annotation)))}"
    if annotation is Ramp:
        return "ramp"
    if origin in (Union, types.UnionType):
        return " or ".join("none" if a is type(None) else _kind(a) for a in get_args(annotation))
    if origin is tuple:
        return f"[{', '.join(map(_kind, get_args(annotation)))}]"
    return getattr(annotation, "__name__", str(annotation))
