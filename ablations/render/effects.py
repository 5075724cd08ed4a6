"""What a study's design is made to show, where that is not each arm against the reference: a line an effect."""

from collections.abc import Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from ablations.leaderboard import Leaderboard
from ablations.leaderboard.arms import runs_in
from ablations.leaderboard.source import Source
from ablations.render.console import out
from ablations.render.leaderboard import STYLES
from ablations.report.answer import sentences_of
from ablations.report.effects import OF_DESIGN, Effects, effects_of


def show_effects(source: Source, leaderboard: Leaderboard) -> None:
    """Below the leaderboard: rungs of a ladder, main effects and interactions, each trick's loss from everything."""
    for study, effects in _effects(source, leaderboard):
        out.print(_drawn(study, effects))


def _effects(source: Source, leaderboard: Leaderboard) -> Iterator[tuple[str, Effects]]:
    for table in leaderboard.tables:
        record = source.asked[table.study].record if table.study in source.asked else None
        if record is None or record.design not in OF_DESIGN or not table.stamps:
            continue
        if (effects := effects_of(record, table, runs_in(table, source.results))).effects:
            yield table.study, effects


def _drawn(study: str, effects: Effects) -> Table:
    shown = Table(
        title=f"{study}: {effects.about}",
        caption="\n".join(effects.notes) or None,
        box=box.SIMPLE_HEAD,
        show_edge=False,
    )
    for heading in (effects.unit, "verdict", "effect", "why"):
        shown.add_column(heading, overflow="fold")
    for said in sentences_of(effects):
        shown.add_row(said.name, Text(said.finding, style=STYLES.get(said.finding, "")), said.says, said.why)
    return shown
