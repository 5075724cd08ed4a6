"""The ranked arms on the terminal."""

from rich import box
from rich.table import Table
from rich.text import Text

from ablations.leaderboard import Leaderboard
from ablations.leaderboard import Table as Ranked
from ablations.render.claims_cells import HEADINGS, drawn_claims
from ablations.render.console import out, say
from ablations.render.leaderboard_cells import drawn

LEFT = ("arm", "verdict", "runs", "inert: never acted")
STYLES = {"helps": "green", "hurts": "red", "supported": "green", "refuted": "red"}


def show_leaderboard(leaderboard: Leaderboard) -> None:
    """One table a study and protocol."""
    if not leaderboard.tables:
        say("no trial has begun yet")
    for table in leaderboard.tables:
        out.print(leaderboard_table(table))
        if (claims := claims_table(table)) is not None:
            out.print(claims)


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


def claims_table(table: Ranked) -> Table | None:
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
