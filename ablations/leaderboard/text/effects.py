"""The effects of a design as text, where they and not the arms carry the verdicts: what Markdown shows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ablations.leaderboard import Table
from ablations.leaderboard.effect_records import ARM, ReportedEffect
from ablations.leaderboard.guard_records import with_costs
from ablations.leaderboard.text.cells import where_it_stands
from ablations.leaderboard.text.numbers import number, percent
from ablations.statistics import Estimate, Rule


@dataclass(frozen=True)
class DrawnEffects:
    """The effects in words, `notes` below."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def drawn_effects(table: Table) -> DrawnEffects | None:
    """The effects that the design gives a number, main effects first; None where the arms say it all."""
    effects = [effect for effect in table.effects.effects if not math.isnan(effect.shown.mean)]
    if table.effects.unit == ARM or not effects:
        return None
    headings: tuple[str, ...] = (table.effects.unit, "FID", "verdict", "can't be told from")
    rows: tuple[tuple[str, ...], ...] = tuple(
        (e.name, change_text(e.shown, table.rule), _verdict(e, table), ", ".join(e.aliases)) for e in effects
    )
    if not any(row[-1] for row in rows):
        headings, rows = headings[:-1], tuple(row[:-1] for row in rows)
    pairs = ["A:B: how much the effect of A changes when B is on"] if any(e.is_interaction for e in effects) else []
    notes: Sequence[str] = (*table.effects.notes, *pairs)
    return DrawnEffects(f"{table.title}: {table.effects.about}", headings, rows, tuple(notes))


def change_text(shown: Estimate, rule: Rule) -> str:
    """'-12 % [-20, -3]', or a difference where the rule compares on the plain scale."""
    is_log = rule.scale == "log"
    mean, low, high = (
        percent(value) if is_log else number(value, signed=True) for value in (shown.mean, shown.low, shown.high)
    )
    return mean + " %" * is_log + ("" if math.isnan(shown.low) else f" [{low}, {high}]")


def _verdict(effect: ReportedEffect, table: Table) -> str:
    limit = f" larger than {table.rule.margin_percent}" if effect.finding == "no difference" else ""
    said = with_costs(f"{effect.finding}{limit}", table.guards.hurt_by(effect.name))
    return said + where_it_stands(effect.judged, table.looks)
