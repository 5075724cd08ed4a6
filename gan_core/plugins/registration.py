"""`register`: what a plug-in calls. Records are checked at once, and enter the registries when the file has ended."""

import re
import sys
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from pydantic import ValidationError

from gan_core.evaluation.names import Direction
from gan_core.plugin_text import Source
from gan_core.plugins.kinds import BY_WORD, FUNCTIONS, KINDS, Kind, kind_of
from gan_core.problems import Problem, UserError, nearest_name, shown
from gan_core.records import Record
from gan_core.schema.configuration import Config
from gan_core.tricks import TRICKS

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
SETTING = re.compile(r"[a-z][a-z0-9_]{0,63}")
COMMAND_LINE = ("out", "home", "inception_weights", "device", "threads", "help")  # flags of `train` itself
WAYS = "; ".join(kind.registers() for kind in KINDS if kind.word not in FUNCTIONS)


@dataclass(frozen=True)
class Registered:
    """A record that a plug-in has registered; `better`: of a metric."""

    kind: str
    name: str
    record: Any = field(repr=False)
    better: Direction | None = None


class Registering:
    """What the file that is being loaded has registered so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.registered: list[Registered] = []

    def add(self, name: str | None, record: object, better: str | None, word: str | None) -> None:
        """Check a record and keep it. Raises UserError."""
        kind = self._kind(record, word)
        name = self._name(kind, name, record)
        self._refuse_name(kind, name)
        if kind.record is not None:
            self._check_fields(kind, name, record)
        if kind.word == "trick":
            self._check_trick(record)
        self.registered.append(Registered(kind.word, name, record, self._better(kind, name, better)))

    def _kind(self, record: object, word: str | None) -> Kind:
        if word is not None:
            if word not in FUNCTIONS:
                message = f"{shown(word)} is no kind of function"
                raise self._problem(message, f"kind= one of {', '.join(FUNCTIONS)}", nearest_name(str(word), FUNCTIONS))
            if not callable(record):
                raise self._problem(f"{_type(record)} is no {word}: that is a function", BY_WORD[word].registers())
            return BY_WORD[word]
        kind = kind_of(record)
        if kind is None:
            raise self._problem(f"{_type(record)} is nothing that can be registered", _hint(record))
        return kind

    def _name(self, kind: Kind, name: str | None, record: Any) -> str:
        if kind.has_names:
            if name is not None and name != record.name:
                raise self._problem(f"this {kind.word} is called {record.name!r}, not {name!r}", kind.registers())
            name = record.name
        if name is None:
            raise self._problem(f"a {kind.word} needs a name", kind.registers())
        wanted = SETTING if kind.word == "trick" else NAME
        if not isinstance(name, str) or not wanted.fullmatch(name):
            letters = "small letters, digits and _" if kind.word == "trick" else "letters, digits, _, . and -"
            raise self._problem(f"{shown(name)} can't be a name", f"{letters}, a letter first, 64 at most")
        return name

    def _refuse_name(self, kind: Kind, name: str) -> None:
        if any(one.kind == kind.word and one.name == name for one in self.registered):
            raise self._problem(f"{kind.word} {name!r} is registered twice", "another name")
        if name in kind.registry:
            raise self._problem(kind.registry.taken(name), "another name")
        if name in kind.further or (kind.word == "trick" and name in {*Config.model_fields, *dir(Config)}):
            raise self._problem(f"{name!r} means something else already", "another name")

    def _check_fields(self, kind: Kind, name: str, record: Any) -> None:
        """That texts are texts, numbers numbers and functions functions: a record is checked by nobody else."""
        hints = typing.get_type_hints(type(record))
        for each in fields(record):
            hint, value = hints[each.name], getattr(record, each.name)
            if hint is str and not isinstance(value, str):
                wanted = "text"
            elif hint is bool and not isinstance(value, bool):
                wanted = "True or False"
            elif hint is int and type(value) is not int:
                wanted = "a whole number"
            elif _is_function(hint) and not callable(value):
                wanted = "a function"
            elif typing.get_origin(hint) is tuple and not isinstance(value, tuple):
                wanted = "a tuple"
            else:
                continue
            raise self._problem(f"{each.name} of the {kind.word} {name!r} is {shown(value)}", wanted)

    def _check_trick(self, trick: Any) -> None:
        options = trick.options
        hint = "class Options(Record): with a default, bounds and a description for each field"
        if not isinstance(options, type) or not issubclass(options, Record):
            raise self._problem(f"options of the trick {trick.name!r} is {shown(options)}", hint)
        if not options.model_fields:
            raise self._problem(f"options of the trick {trick.name!r} has no field", hint)
        if bare := [name for name, one in options.model_fields.items() if one.is_required()]:
            raise self._problem(f"options of the trick {trick.name!r}: {', '.join(bare)} has no default", hint)
        try:
            options.model_validate(options().model_dump())
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            message = f"the default of {field} in the options of the trick {trick.name!r} is {shown(first['input'])}"
            raise self._problem(message, str(first["msg"]).lower()) from None
        others = [*TRICKS.values(), *(one.record for one in self.registered if one.kind == "trick")]
        taken = {*COMMAND_LINE, *Config.model_fields, *(flag for other in others for flag in _flags(other))}
        if clash := [flag for flag in _flags(trick) if flag in taken]:
            message = (
                f"the flag --{clash[0].replace('_', '-')} of the trick {trick.name!r} means something else already"
            )
            raise self._problem(message, "another name of the trick or of its option")

    def _better(self, kind: Kind, name: str, better: str | None) -> Direction | None:
        allowed = 'register(Metric(...), better="lower") or better="higher"'
        if kind.word != "metric":
            if better is not None:
                raise self._problem(f"better= means nothing for a {kind.word}", "for a metric only")
            return None
        if better == "lower" or better == "higher":
            return "lower" if better == "lower" else "higher"
        said = "does not say which way is better" if better is None else f"has better={shown(better)}"
        raise self._problem(f"the metric {name!r} {said}", allowed)

    def _problem(self, message: str, allowed: str, nearest: str = "") -> UserError:
        line = line_in(self.source)
        return UserError(
            Problem(
                message,
                source=f"{self.source.path}:{line}" if line else self.source.path,
                allowed=allowed,
                nearest=nearest,
            )
        )


def _flags(trick: Any) -> list[str]:
    """Its flags on the command line, with _ for -: its name, and its name with each further option."""
    return [trick.name, *(f"{trick.name}_{option}" for option in list(trick.options.model_fields)[1:])]


_current: list[Registering] = []


@contextmanager
def registering(source: Source) -> Iterator[Registering]:
    """Inside, `register` is about this file."""
    _current.append(Registering(source))
    try:
        yield _current[-1]
    finally:
        _current.pop()


def register(name_or_record: Any, record: Any = None, *, better: str | None = None, kind: str | None = None) -> None:
    """Add a trick, a loss, a network pair, ... to what this study or this run can name.

    `register(TRICK)` for records that know their names (tricks, data sets, metrics, extractors), `register("name",
    Loss(...))` for the others, `register("name", function, kind="latent")` for those that are plain functions (latent,
    initialisation, scaling). `better`: of a metric, 'lower' or 'higher'. Raises UserError, with the file's line.
    """
    if not _current:
        raise UserError(
            Problem(
                "register() is for a file that `use:` or --use names; this one was run or imported",
                allowed="python -m gan_core train --use FILE, or `use: [FILE]` in a study file",
            )
        )
    name, what = (None, name_or_record) if record is None else (name_or_record, record)
    _current[-1].add(name, what, better, kind)


def line_in(source: Source) -> int | None:
    """The line of this file that is being executed; None where none is."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == source.path:
            return frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _is_function(hint: Any) -> bool:
    return typing.get_origin(hint) is Callable or (isinstance(hint, type) and getattr(hint, "_is_protocol", False))


def _type(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"{shown(value)} ({type(value).__name__})"


def _hint(record: object) -> str:
    if isinstance(record, type) and any(kind.record is record for kind in KINDS):
        return f"a record of it: {record.__name__}(...)"
    if callable(record) and not isinstance(record, type):
        return f"a record around the function, or kind= one of {', '.join(FUNCTIONS)}"
    from torch import nn

    if isinstance(record, nn.Module) or (isinstance(record, type) and issubclass(record, nn.Module)):
        return 'both networks: register("name", pair(Generator, Discriminator, latent_dim=100))'
    return WAYS
