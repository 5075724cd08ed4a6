"""Command-line flags for every setting, made from the catalog: the same names as in a study file."""

import argparse
import json
from typing import Any

from gan_core.config.catalog import Option, TrickEntry, choices, tricks
from gan_core.problems import Problem, UserError, nearest_name, shown

RAMPS = (
    "a float or ramp: a number, or FROM:TO for one that moves linearly over the whole budget; FROM:TO:KIMG over so "
    "many kimg; with :cosine along half a cosine, such as 2e-4:5e-5:cosine"
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each choice, and for each trick and each of its options."""
    group = parser.add_argument_group("choices", RAMPS)
    for option in choices():
        group.add_argument(option.flag, metavar="X", type=scalar, default=None, dest=option.name, help=_help(option))
    for trick in tricks():
        group = parser.add_argument_group(f"{trick.name}: {trick.summary}", f"{trick.paper}")
        main, *others = trick.options
        group.add_argument(
            _flag(trick),
            metavar=main.name.upper(),
            nargs="?",
            type=scalar,
            const=True,
            dest=trick.name,
            help=_help(main),
        )
        for option in others:
            name = f"{trick.name}_{option.name}"
            flag = f"{_flag(trick)}{option.flag[1:]}"
            group.add_argument(flag, metavar="X", type=scalar, dest=name, help=_help(option))


def settings_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, as `gan_core.config.resolve` takes them."""
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    settings = {option.name: given[option.name] for option in choices() if option.name in given}
    for trick in tricks():
        main, *others = trick.options
        options = {o.name: given[f"{trick.name}_{o.name}"] for o in others if f"{trick.name}_{o.name}" in given}
        value = given.get(trick.name, True if options else None)
        if value is None:
            continue
        if options and value is not False:
            value = options if value is True else {main.name: value, **options}
        settings[trick.name] = value
    return settings


def refuse_unknown(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """Raise UserError for the words that no flag took, with the flags that were probably meant."""
    known = [flag for action in parser._actions for flag in action.option_strings]
    values = {i + 1 for i, word in enumerate(words) if word.startswith("--") and "=" not in word}  # of unknown flags
    raise UserError(*(_unknown(word, known) for i, word in enumerate(words) if word.startswith("-") or i not in values))


def _unknown(word: str, known: list[str]) -> Problem:
    if not word.startswith("-"):
        return Problem(f"{shown(word)} belongs to no flag")
    names = {flag.lstrip("-"): flag for flag in known}  # dashes would make all flags look alike
    nearest = nearest_name(word.lstrip("-").split("=")[0], names)
    return Problem(f"no flag is called {shown(word)}", nearest=names.get(nearest, ""))


def _flag(trick: TrickEntry) -> str:
    return "--" + trick.name.replace("_", "-")


def _help(option: Option) -> str:
    default = "none" if option.default is None else option.default
    return f"{option.description} [{option.kind}; default {default}]".replace("%", "%%")


def scalar(text: str) -> Any:
    """The word as a number, true, false or null where it is one, else as text. The record checks whether it fits."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, a number of more than 4300 digits, or brackets without end
        pass
    try:
        return float(text)  # .5 and 1e-3 are no JSON
    except ValueError:
        return text
