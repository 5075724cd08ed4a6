"""The ranked arms as a table."""

import math

from rich.table import Table
from rich.text import Text

from ablations.leaderboard import NO_SCORES, Leaderboard
from ablations.leaderboard import Table as Ranked
from ablations.render.console import number, out, say
from ablations.statistics import Estimate


def show_leaderboard(leaderboard: Leaderboard) -> None:
    """One table a study and protocol."""
    for table in leaderboard.tables:
        if not table.score:
            say(f"{table.study}: no trial has a score yet")
            continue
        out.print(leaderboard_table(table))


def leaderboard_table(table: Ranked) -> Table:
    """The ranked arms of one protocol."""
    title, caption = f"{table.study}: {table.score}, lower is better", f"protocol {table.protocol}; 95 % intervals"
    if table.score == NO_SCORES:
        title, caption = f"{table.study}: {NO_SCORES}", "extractor: none, as the study says; nothing is ranked"
    drawn = Table(title=title, caption=caption)
    for heading in ("rank", "arm", "seeds", "FID", "best seed", "difference from the baseline", "", "IS", "FID last"):
        drawn.add_column(heading, justify="left" if heading in ("arm", "") else "right")
    for row in table.rows:
        ends = [f"{row.seeds_finished}"]
        ends += [
            f"{count} {word}"
            for count, word in ((row.seeds_diverged, "diverged"), (row.seeds_failed, "failed"))
            if count
        ]
        drawn.add_row(
            "" if row.rank is None else str(row.rank),
            row.arm,
            ", ".join(ends),
            _estimate(row.fid),
            number(row.fid_best_single),
            _estimate(row.fid_difference, signed=True),
            Text(row.verdict, style={"better": "green", "worse": "red"}.get(row.verdict, "default")),
            number(row.inception.mean, 2),
            number(row.fid_last_mean),
        )
    return drawn


def _estimate(value: Estimate, signed: bool = False) -> str:
    if math.isnan(value.mean):
        return ""
    mean = f"{value.mean:+.1f}" if signed else f"{value.mean:.1f}"
    return mean if math.isnan(value.low) else f"{mean} [{value.low:.1f}, {value.high:.1f}]"
