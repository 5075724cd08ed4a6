"""Two arms or runs next to each other, on the terminal."""

from rich import box
from rich.table import Table
from rich.text import Text

from ablations.leaderboard.text.notes import machine_notes
from ablations.report.compare import SideBySide
from ablations.report.sections.answer import sentences_of
from ablations.report.words import effect_text, score
from ablations.terminal.console import out, say


def show_side_by_side(sides: SideBySide) -> None:
    """The settings that differ, the scores by seed, and what the statistics say."""
    out.print(_settings(sides))
    out.print(_scores(sides))
    for sentence in sentences_of(sides.effects):
        say(f"{sentence.name}: {sentence.finding}; {sentence.says}; {sentence.why}")
    if sides.stands:
        say(sides.stands)
    if sides.why_not:
        say(f"not compared: {sides.why_not}")
    for note in machine_notes(sides.machines):
        say(note)
    for grid in sides.grids:
        say(f"samples of {grid.arm}, seed {grid.seed}: {grid.path}")


def _settings(sides: SideBySide) -> Table:
    table = _table("setting", sides.a, sides.b)
    a, b = sides.configuration.arms
    for name, ours, theirs in zip(sides.configuration.settings, a.texts, b.texts, strict=True):
        table.add_row(Text(name), Text(ours), Text(theirs))
    return table


def _scores(sides: SideBySide) -> Table:
    table = _table("seed", sides.a, sides.b, f"{sides.a} against {sides.b}")
    for column in table.columns:
        column.justify = "right"
    for pair in sides.pairs:
        a, b = score(pair.a) or pair.a_status or "no run", score(pair.b) or pair.b_status or "no run"
        change = "" if pair.change is None else effect_text(pair.change, sides.effects.rule)
        table.add_row(*map(Text, (str(pair.seed), a, b, change)))
    table.title = f"{sides.score or 'no score yet'}, lower is better"
    return table


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    return table
