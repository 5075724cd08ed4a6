"""Where a study stands after a look: a line for each effect, then what the next look needs."""

import math

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ablations.execution.standing import NextLook, Standing
from ablations.leaderboard import Table as Ranked
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.effect_records import ReportedEffect
from ablations.report.words import counted, effect_text, interval
from ablations.terminal.console import duration
from ablations.terminal.leaderboard import STYLES

UNDECIDED = "undecided"


def standing_text(standing: Standing) -> Group:
    """The table of the effects that have a number, and the lines below it."""
    table = standing.table
    state = table.looks
    last = state.looks.counts[-1]
    shown = Table(
        title=f"{table.study}: look {state.taken} of {len(state.looks.counts)}, {counted(state.seeds, 'seed')} an arm",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 2, 0, 0),
    )
    headings = [table.effects.unit, "so far", "effect", "interval that decides"]
    if any(effect.judged.chance is not None for effect in table.effects.effects):
        headings.append(f"chance by {last} seeds")
    for place, heading in enumerate(headings):
        shown.add_column(heading, justify="left" if place < 2 else "right", overflow="fold")
    for effect in table.effects.effects:
        if not math.isnan(effect.shown.mean):
            shown.add_row(*_cells(effect, table)[: len(headings)])
    below = next_look_text(standing.next) if standing.next is not None else _why_no_more(table)
    return Group(shown, *(Text(line) for line in (*_claims(table), *_guards(table), below)))


def _cells(effect: ReportedEffect, table: Ranked | Across) -> tuple[str | Text, ...]:
    chance = effect.judged.chance
    return (
        effect.name,
        Text(_so_far(effect, table), style=STYLES.get(effect.finding, "")),
        effect_text(effect.shown.mean, table.rule),
        interval(effect.shown, table.rule),
        "" if chance is None else f"{100 * chance:.0f} %",
    )


def _so_far(effect: ReportedEffect, table: Ranked | Across) -> str:
    """'helps (look 1, 3 seeds)', 'undecided', 'stopped: hopeless'."""
    last = effect.judged.last
    if effect.judged.state == "hopeless":
        return "stopped: hopeless"
    if last is None or not effect.judged.is_decided:
        return UNDECIDED
    limit = f" larger than {table.rule.margin_percent}" if effect.finding == "no difference" else ""
    where = "" if effect.finding == "same run" else f" (look {last.look}, {counted(last.seeds, 'seed')})"
    return f"{effect.finding}{limit}{where}"


def _claims(table: Ranked | Across) -> list[str]:
    outcomes = [claim.outcome for claim in table.claims]
    words = [f"{outcomes.count(one)} {one}" for one in ("supported", "refuted") if one in outcomes]
    if undecided := outcomes.count("can't tell"):
        words.append(f"{undecided} {UNDECIDED}")
    return [f"claims: {', '.join(words)}"] if words else []


def _guards(table: Ranked | Across) -> list[str]:
    """'guards: 1 hurts, 3 within the margin, 2 undecided'."""
    findings = [one.finding for statements in table.guards.statements.values() for one in statements]
    words = [f"{findings.count(one)} {one}" for one in ("hurts", "within the margin") if one in findings]
    if undecided := findings.count("can't tell"):
        words.append(f"{undecided} {UNDECIDED}")
    return [f"guards: {', '.join(words)}"] if words else []


def _why_no_more(table: Ranked | Across) -> str:
    if table.looks.taken == len(table.looks.looks.counts):
        return "this was the last look"
    return "no more looks: every question is answered or hopeless"


def next_look_text(coming: NextLook) -> str:
    """'next look: 8 seeds of baseline and ttur, 6 runs more, about 2:10 h'."""
    arms = ", ".join(coming.arms) or "every arm"
    if coming.lacks:
        return f"next look: {coming.seeds} seeds of {arms}, {coming.lacks} more than the study file has"
    when = "" if coming.seconds is None else f", about {duration(coming.seconds)}"
    return f"next look: {coming.seeds} seeds of {arms}, {counted(coming.runs, 'run')} more{when}"
