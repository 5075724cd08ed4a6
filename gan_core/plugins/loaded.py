"""The plug-ins of this process, in the order in which they were loaded."""

from dataclasses import dataclass

from gan_core.evaluation.names import BETTER
from gan_core.plugin_text import Source
from gan_core.plugins.kinds import BY_WORD
from gan_core.plugins.registration import Registered


@dataclass(frozen=True)
class Plugin:
    """A file that was run, and what it has registered."""

    source: Source
    registered: tuple[Registered, ...]

    @property
    def name(self) -> str:
        """The file's name, 'my_trick.py'."""
        return self.source.name

    @property
    def digest(self) -> str:
        """First 16 hex digits of the text's sha256."""
        return self.source.digest

    @property
    def text(self) -> str:
        """The file as it was run."""
        return self.source.text

    @property
    def entry(self) -> str:
        """'my_trick.py@0123456789abcdef'."""
        return self.source.entry


_loaded: dict[str, Plugin] = {}


def loaded() -> tuple[Plugin, ...]:
    """Every plug-in of this process."""
    return tuple(_loaded.values())


def entries() -> tuple[str, ...]:
    """What a configuration's `use` says where all of them are used."""
    return tuple(_loaded)


def plugin_of(entry: str) -> Plugin | None:
    """The plug-in of this name and digest, where it is loaded."""
    return _loaded.get(entry)


def sources_of(use: tuple[str, ...]) -> tuple[Source, ...]:
    """The texts of these entries, all of which are loaded."""
    return tuple(_loaded[entry].source for entry in use)


def enter(plugin: Plugin) -> None:
    """Put what it registered into the registries. Names were checked when they were registered."""
    for one in plugin.registered:
        BY_WORD[one.kind].registry.add(one.name, one.record, plugin.entry)
        if one.better is not None and one.name not in BETTER:  # a record of a study may have told it
            BETTER.add(one.name, one.better, plugin.entry)
    _loaded[plugin.entry] = plugin


def unload(entry: str) -> None:
    """Take out of the registries what this plug-in has put there. What was made of it stays."""
    if _loaded.pop(entry, None) is not None:
        for registry in (*(kind.registry for kind in BY_WORD.values()), BETTER):
            registry.drop(entry)
