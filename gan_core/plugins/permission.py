"""Whose code may run here: what the user has named on this machine, and what `--allow-code` allows, by content."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gan_core import journal
from gan_core.events import Started
from gan_core.machine.home import machine_home
from gan_core.plugin_text import ENTRY, FOLDER, Source, kept
from gan_core.plugins.load import load_all, load_source
from gan_core.plugins.loaded import Plugin, entries
from gan_core.problems import Problem, UserError

ALLOWED = "own_code"  # in the machine's home: an empty file for each text, called by its whole sha256
FLAG = "--allow-code"


def load_named(paths: Iterable[Path]) -> tuple[Plugin, ...]:
    """Load files that the user has named, and remember their content: the same text may run again."""
    plugins = load_all(paths)
    for plugin in plugins:
        allow(plugin.source)
    return plugins


def allow(source: Source) -> None:
    """Remember that this text may run for this user on this machine; a home that can't be written to forgets it."""
    with suppress(OSError, UserError):
        place = _place(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


def is_allowed(source: Source) -> bool:
    """Whether this very text was named, or allowed, before."""
    with suppress(OSError, UserError):
        return _place(source).exists()
    return False


def load_kept(folder: Path, settings: Mapping[str, Any], allowed: bool = False) -> None:
    """Load the code of the user's own that recorded settings rest on, from the folder of their run or study.

    Raises UserError where a text is missing or was never named here, unless it is `allowed`.
    """
    use = settings.get("use") or ()
    missing = [entry for entry in use if isinstance(entry, str) and ENTRY.fullmatch(entry) and entry not in entries()]
    sources, problems = [], []
    for entry in missing:
        source = kept(folder, entry)
        if source is None:
            problems.append(Problem(f"its code {entry} is not kept here", source=str(folder / FOLDER), allowed="--use"))
        else:
            sources.append(source)
    if problems:
        raise UserError(*problems)
    load_allowed(sources, allowed)


def load_run_code(path: Path, allowed: bool = False) -> None:
    """Load the code of the run whose folder, or a file in whose folder, this is; nothing where there is no run."""
    directory = path if path.is_dir() else path.parent
    for event in journal.read(directory):
        if isinstance(event, Started):
            load_kept(directory, event.config, allowed)
            return


def load_allowed(sources: Iterable[Source], allowed: bool) -> None:
    """Load texts that came from elsewhere. Raises UserError, saying what they are, unless they may run here."""
    sources = tuple(sources)
    strange = [source for source in sources if not allowed and not is_allowed(source)]
    if strange:
        raise UserError(*(_refusal(source) for source in strange))
    for source in sources:
        load_source(source)
        allow(source)


def _refusal(source: Source) -> Problem:
    message = f"this rests on code of its own, which would be run: {source.name}, {source.lines} lines, digest "
    return Problem(message + source.digest, source=source.path, allowed=f"read it there, then {FLAG} to run it")


def _place(source: Source) -> Path:
    return machine_home() / ALLOWED / hashlib.sha256(source.text.encode()).hexdigest()
