"""Every trick, every level with a paper, every setting; data sets; versions."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from ablations.terminal.console import out, say
from gan_core.config.catalog import LevelEntry, Option, TrickEntry
from gan_core.datasets import SearchedPlace, Status
from gan_core.schema.rules import Compatibility


def show_catalog(tricks: Sequence[TrickEntry], levels: Sequence[LevelEntry], choices: Sequence[Option]) -> None:
    """Every trick, every level with a paper, every setting."""
    table = Table(title="tricks (present or absent)", show_lines=True)
    for heading in ("trick", "what it does", "options", "needs / does not go with", "paper"):
        table.add_column(heading, overflow="fold")
    for trick in tricks:
        rules = [*_rules("needs", trick.needs), *_rules("not with", trick.excludes)]
        options = "\n".join(f"{o.name}: {o.kind} [{_default(o.default)}]" for o in trick.options)
        table.add_row(trick.name, trick.summary, options, "\n".join(rules), trick.paper)
    out.print(table)
    table = Table(title="levels of choices")
    for heading in ("choice", "level", "needs", "paper"):
        table.add_column(heading, overflow="fold")
    for entry in levels:
        table.add_row(entry.choice, entry.level, "\n".join(_rules("", entry.needs)), entry.paper)
    out.print(table)
    table = Table(title="settings (a choice has exactly one level)")
    for heading in ("setting", "kind", "default", "what it is"):
        table.add_column(heading, overflow="fold")
    for option in choices:
        table.add_row(option.name, option.kind, _default(option.default), option.description)
    out.print(table)


def _rules(word: str, rules: Sequence[Compatibility]) -> list[str]:
    return [f"{word} {rule.words}{' (warning)' if rule.severity == 'warning' else ''}".lstrip() for rule in rules]


def show_places(name: str, places: Sequence[SearchedPlace]) -> None:
    """Where a data set was looked for, and where it is."""
    for place in places:
        say(f"{name}: {place.where}: {place.outcome}")


def show_data(statuses: Sequence[Status]) -> None:
    """The data sets and whether they are here."""
    table = Table(title="data sets")
    for heading in ("data set", "what it is", "images", "where", "digests"):
        table.add_column(heading, overflow="fold")
    for status in statuses:
        data = status.data_set
        sizes = ", ".join(split if count is None else f"{split} {count:,}" for split, count in data.splits.items())
        digests = ", ".join(f"{split} {digest}" for split, digest in status.digests.items())
        where = f"{status.place.where}: {status.place.outcome}"
        table.add_row(data.name, f"{data.description} ({data.source})", sizes, where, digests)
    out.print(table)


def show_versions(versions: Mapping[str, str]) -> None:
    """Package and version, a line each."""
    for package, version in versions.items():
        say(f"{package} {version}")


def _default(value: object) -> str:
    return "none" if value is None else str(value)
