"""The ranked arms on the terminal."""

from rich import box
from rich.table import Table
from rich.text import Text

from ablations.leaderboard import Leaderboard
from ablations.leaderboard import Table as Ranked
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.effect_records import ARM
from ablations.leaderboard.explain import Explanation
from ablations.leaderboard.text.blocks import drawn_across
from ablations.leaderboard.text.cells import drawn
from ablations.leaderboard.text.claims import HEADINGS, drawn_claims
from ablations.report.sections.answer import sentences_of
from ablations.terminal.console import out, say

LEFT = ("arm", "verdict", "runs", "inert: never acted")
STYLES = {"helps": "green", "hurts": "red", "supported": "green", "refuted": "red"}
COSTLY = "yellow"  # of what helps, and hurts a guard


def show_leaderboard(leaderboard: Leaderboard) -> None:
    """Print one table for each study and protocol."""
    if not leaderboard.tables:
        say("no trial has begun yet")
    for table in leaderboard.tables:
        out.print(leaderboard_table(table))
        if (claims := claims_table(table)) is not None:
            out.print(claims)
    for across in leaderboard.across:
        out.print(across_table(across))
        if (claims := claims_table(across)) is not None:
            out.print(claims)


def across_table(across: Across) -> Table:
    """The effects of a study over all its settings, in each of them, and between them."""
    words = drawn_across(across)
    shown = Table(
        title=words.title,
        caption="\n".join((*words.sentences, *words.notes)),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for heading in words.headings:
        shown.add_column(heading, overflow="fold")
    for row in words.rows:
        shown.add_row(*(Text(cell, style=STYLES.get(cell.split(" (")[0].split(" ")[-1], "")) for cell in row))
    return shown


def leaderboard_table(table: Ranked) -> Table:
    """The ranked arms of one protocol; below them those without a score, then floors."""
    words = drawn(table)
    shown = Table(
        title=words.title,
        caption="\n".join(words.notes) or None,
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for heading in words.headings:
        style = "yellow" if heading in LEFT[2:] else None
        shown.add_column(heading, justify="left" if heading in LEFT else "right", style=style)
    for row in words.rows:
        shown.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    if words.floors:
        shown.add_section()
    for floor in words.floors:
        shown.add_row(*(Text(cell) for cell in floor), style="dim")
    return shown


def claims_table(table: Ranked | Across) -> Table | None:
    """The answers to the study's claims; None where it has none."""
    words = drawn_claims(table)
    if words is None:
        return None
    shown = Table(title=words.title, caption="\n".join(words.notes), box=box.SIMPLE_HEAD, show_edge=False)
    for heading in HEADINGS:
        shown.add_column(heading, overflow="fold")
    for row in words.rows:
        shown.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    return shown


def show_explanation(explanation: Explanation) -> None:
    """Print what was compared, then a line for each field that differs."""
    say(f"A: {explanation.a}")
    say(f"B: {explanation.b}")
    for metric, (a, b) in explanation.stamps.items():
        same = a == b
        say(f"{metric}: {'one protocol' if same else 'two protocols'}, {a if same else f'{a} and {b}'}")
    for metric in explanation.only:
        say(f"{metric}: only one of them has it")
    if not explanation.differences:
        return
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("metric", "field", "A", "B"):
        shown.add_column(heading, overflow="fold")
    for difference in explanation.differences:
        shown.add_row(*map(Text, (difference.metric, difference.field, difference.a, difference.b)))
    out.print(shown)


def show_effects(leaderboard: Leaderboard) -> None:
    """Print, below the leaderboard: rungs of a ladder, main effects and interactions, or what everything loses without
    a trick.
    """
    for table in leaderboard.tables:
        if table.stamps and table.effects.effects and table.effects.unit != ARM:
            out.print(_drawn(table))


def _drawn(table: Ranked) -> Table:
    effects = table.effects
    shown = Table(
        title=f"{table.title}: {effects.about}",
        caption="\n".join(effects.notes) or None,
        box=box.SIMPLE_HEAD,
        show_edge=False,
    )
    for heading in (effects.unit, "verdict", "effect", "why"):
        shown.add_column(heading, overflow="fold")
    for said in sentences_of(effects, table.looks, table.guards):
        shown.add_row(
            said.name,
            Text(said.verdict, style=COSTLY if said.costs else STYLES.get(said.finding, "")),
            said.says,
            said.why,
        )
    return shown
