"""Code of a user's own, as a study names and records it. Reading a record runs nothing, and imports no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from gan_core.evaluation.names import BETTER, Direction
from gan_core.plugin_text import ALLOWED, Source, parts_of
from gan_core.problems import Problem, UserError
from gan_core.records import Printable, Record

USE = "use"


class PluginRecord(Record):
    """What a record says of a plug-in, so that results can be read without running it.

    `registers`: the names by kind; `metrics`: which way each of its metrics is better.
    """

    name: Printable
    digest: str = Field(pattern=r"^[0-9a-f]{16}$")
    lines: int
    registers: dict[str, tuple[Printable, ...]]
    metrics: dict[str, Direction] = Field(default_factory=dict)

    @property
    def entry(self) -> str:
        """'my_trick.py@0123456789abcdef'."""
        return f"{self.name}@{self.digest}"


def _known(plugins: tuple[PluginRecord, ...]) -> tuple[PluginRecord, ...]:
    """Whoever reads a record knows from then on which way the metrics in it are better."""
    for plugin in plugins:
        for name, better in plugin.metrics.items():
            if name not in BETTER:
                BETTER.add(name, better, plugin.entry)
            elif BETTER[name] != better:
                owner = BETTER.owner(name) or "our own metric"
                if owner.partition("@")[0] == plugin.name:
                    continue  # the file has changed since, which is told as a changed study
                raise ValueError(f"{name} of {plugin.entry} is better {better}, and {owner} is called so too")
    return plugins


PluginRecords = Annotated[
    tuple[PluginRecord, ...],
    AfterValidator(_known),
    Field(default=(), exclude_if=lambda plugins: not plugins),  # records without any stay as they were
]


def _files(value: Any) -> Any:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise ValueError("paths of files, relative to this one, such as [my_trick.py]")
    return words


UsedFiles = Annotated[list[Printable], BeforeValidator(_files)]


@dataclass(frozen=True)
class OwnCode:
    """The plug-ins that a study names: their texts, and what its records say of them."""

    sources: tuple[Source, ...] = ()
    records: tuple[PluginRecord, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def entries(self) -> list[str]:
        """What the configurations' `use` says."""
        return [source.entry for source in self.sources]


def used_files(content: Mapping[str, Any]) -> list[str]:
    """What `use` names in a study file's content; [] where that is no list of files, which is told elsewhere."""
    try:
        return list(_files(content.get(USE, [])))
    except ValueError:
        return []


def load_own_code(words: Sequence[str], folder: Path) -> OwnCode:
    """Load the files that a study in this folder names, with every mistake in them; nothing else is run."""
    if not words:
        return OwnCode()
    from gan_core.plugins.permission import load_named

    sources, problems = [], list[Problem]()
    for number, word in enumerate(words):
        path = folder / Path(word).expanduser()
        if not path.exists():
            near = sorted(each.name for each in path.parent.glob("*.py")) if path.parent.is_dir() else []
            allowed = f"of {path.parent}: {', '.join(near[:10])}" if near else ALLOWED
            problems.append(Problem(f"there is no file {path}", (USE, number), allowed))
            continue
        try:
            (plugin,) = load_named([path])
        except UserError as error:
            problems += [p if p.source else replace(p, where=(USE, number)) for p in error.problems]
            continue
        if plugin.source in sources:
            problems.append(Problem(f"{word} stands there twice", (USE, number)))
        sources.append(plugin.source)
    if problems:
        return OwnCode(problems=tuple(problems))
    return OwnCode(tuple(sources), plugin_records([source.entry for source in sources]))


def plugin_records(entries: Sequence[str]) -> tuple[PluginRecord, ...]:
    """What is recorded of plug-ins that are loaded."""
    if not entries:
        return ()
    from gan_core.plugins.loaded import plugin_of

    found = []
    for entry in entries:
        plugin = plugin_of(entry)
        assert plugin is not None, entry  # a configuration that names it was resolved
        registers: dict[str, tuple[str, ...]] = {}
        for one in plugin.registered:
            registers[one.kind] = (*registers.get(one.kind, ()), one.name)
        metrics = {one.name: one.better for one in plugin.registered if one.better is not None}
        name, digest = parts_of(entry)
        found.append(
            PluginRecord(name=name, digest=digest, lines=plugin.source.lines, registers=registers, metrics=metrics)
        )
    return tuple(found)


def placed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without a `use`, which is reported as misplaced."""
    return {name: value for name, value in settings.items() if name != USE}


def misplaced(settings: object, where: tuple[str | int, ...]) -> list[Problem]:
    """The problem of `use` among settings: which code runs is said once, for the whole study."""
    if not isinstance(settings, dict) or USE not in settings:
        return []
    return [Problem("is no setting of an arm", (*where, USE), f"`{USE}: [FILE]` as a key of the study file itself")]
