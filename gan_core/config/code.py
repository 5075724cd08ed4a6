"""Which code of the user's own a configuration rests on: its `use` names every file, and every file is loaded."""

from collections.abc import Mapping
from typing import Any

from gan_core.plugin_text import ENTRY, parts_of
from gan_core.plugins.kinds import BY_WORD, named_in
from gan_core.plugins.loaded import entries, loaded
from gan_core.problems import Problem
from gan_core.schema.configuration import Config

WHERE = ("use",)


def not_loaded(settings: Mapping[str, Any]) -> list[Problem]:
    """A problem for each plug-in that these settings name and that this process has not loaded."""
    use, here = settings.get("use", ()), entries()
    named = [entry for entry in use if isinstance(entry, str)] if isinstance(use, list | tuple) else []
    return [_missing(entry) for entry in named if ENTRY.fullmatch(entry) and entry not in here]


def _missing(entry: str) -> Problem:
    name, digest = parts_of(entry)
    other = next((plugin for plugin in loaded() if plugin.name == name), None)
    if other is not None:
        message = f"this is a run with {name} as it was with digest {digest}, and the one loaded has {other.digest}"
        return Problem(message, WHERE, f"that {name}: the study and the run keep its text under code/{digest}/")
    return Problem(f"this is a run with code of its own, {name} with digest {digest}", WHERE, f"--use {name}")


def unnamed_code(config: Config) -> list[Problem]:
    """A problem for each record of a plug-in that the configuration uses without naming the plug-in in `use`."""
    return [
        Problem(f"{one.kind} {one.name!r} comes from {plugin.entry}, which `use` does not name", (where,), plugin.entry)
        for plugin in loaded()
        if plugin.entry not in config.use
        for one in plugin.registered
        for where in _uses(config, one.kind, one.name)
    ]


def _uses(config: Config, kind: str, name: str) -> list[str]:
    """The settings that name this record."""
    if kind == "trick":
        return [] if config.trick(name) is None else [name]
    return [setting for setting in BY_WORD[kind].settings if named_in(getattr(config, setting), name)]
