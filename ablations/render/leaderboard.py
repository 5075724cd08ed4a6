"""The ranked arms as a table that fits 100 columns."""

import math

from rich import box
from rich.table import Table
from rich.text import Text

from ablations.leaderboard import NO_SCORES, Leaderboard, Row
from ablations.leaderboard import Table as Ranked
from ablations.render.console import number, out, say
from ablations.statistics import Estimate

LEFT = ("arm", "verdict")
HEADINGS = ("#", "arm", "seeds", "FID", "best", "vs baseline", "verdict", "IS", "last")
CAPTION = "FID of each seed's best generator, mean ± 95 % interval; best: of any seed; last: of the last generators"
STYLES = {"better": "green", "worse": "red"}


def show_leaderboard(leaderboard: Leaderboard) -> None:
    """One table a study and protocol."""
    if not leaderboard.tables:
        say("no trial has begun yet")
    for table in leaderboard.tables:
        out.print(leaderboard_table(table))


def leaderboard_table(table: Ranked) -> Table:
    """The ranked arms of one protocol; those without a score are below, with what became of their seeds."""
    score = f"{table.score}, lower is better" if table.score else "no trial has a score yet"
    caption = f"{CAPTION}\nprotocol {table.protocol}" if table.score else None
    if table.score == NO_SCORES:
        score, caption = NO_SCORES, "extractor: none, as the study says; nothing is ranked"
    drawn = Table(
        title=f"{table.study}: {score}", caption=caption, box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0)
    )
    for heading in HEADINGS:
        drawn.add_column(heading, justify="left" if heading in LEFT else "right")
    inert = any(row.inert for row in table.rows)
    if inert:
        drawn.add_column("inert: never acted", style="yellow")
    for row in table.rows:
        drawn.add_row(
            "" if row.rank is None else str(row.rank),
            row.arm,
            _seeds(row),
            _estimate(row.fid),
            number(row.fid_best_single),
            _estimate(row.fid_difference, signed=True),
            Text(row.verdict, style=STYLES.get(row.verdict, "default")),
            number(row.inception.mean),
            number(row.fid_last_mean),
            *([", ".join(row.inert)] if inert else []),
        )
    return drawn


def _seeds(row: Row) -> str:
    """'3', or '2, 1 diverged'."""
    lost = ((row.seeds_diverged, "diverged"), (row.seeds_failed, "failed"))
    return ", ".join([str(row.seeds_finished), *(f"{count} {word}" for count, word in lost if count)])


def _estimate(value: Estimate, signed: bool = False) -> str:
    """'24.1 ± 1.90'; the mean alone where there is no interval; '' where there is no mean."""
    mean = number(value.mean, signed)
    return mean if math.isnan(value.low) else f"{mean} ± {number(value.high - value.mean)}"
