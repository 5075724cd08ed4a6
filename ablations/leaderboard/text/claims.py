"""The answers to a study's claims as text, cell by cell: what the terminal and Markdown show."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ablations.leaderboard import Table
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.claims.records import AnsweredClaim, Seen
from ablations.leaderboard.text.numbers import number, percent
from ablations.statistics import Rule

MOST_TIMES = 10.0  # no trick changes a score more
HEADINGS = ("claim", "statement", "comparison", "seen", "answer", "why")


@dataclass(frozen=True)
class DrawnClaims:
    """The claims in words, `notes` below."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def drawn_claims(table: Table | Across) -> DrawnClaims | None:
    """The claims in the study file's order; None where there is none."""
    if not table.claims:
        return None
    rows = tuple(_row(answered) for answered in table.claims)
    return DrawnClaims(f"{table.study}: claims", rows, tuple(_notes(table)))


def seen_in_words(answered: AnsweredClaim) -> str:
    """'-12 % [-20, -3]', a difference, or counts of runs; '' where nothing was measured."""
    if answered.counts is not None:
        counts = answered.counts
        return f"{counts.left} against {counts.right} of {counts.seeds}" if counts.seeds else ""
    if answered.seen is None or math.isnan(answered.seen.shown.mean):
        return ""
    shown, ratio = answered.seen.shown, answered.rule.scale == "log"
    mean, low, high = (percent(v) if ratio else _plain(v) for v in (shown.mean, shown.low, shown.high))
    return mean + " %" * ratio + ("" if math.isnan(shown.low) else f" [{low}, {high}]")


def _row(answered: AnsweredClaim) -> tuple[str, ...]:
    claim = answered.claim
    comparison = claim.comparison + (f" ({claim.metric})" if claim.comparison and claim.metric != "fid" else "")
    comparison += f", in {claim.block}" if claim.block else ""
    return (claim.name, claim.statement, comparison, seen_in_words(answered), answered.outcome, _why(answered))


def _why(answered: AnsweredClaim) -> str:
    late = ["claimed when there were results already"] if answered.claim.late else []
    more = _could_show(answered.seen, answered.rule) if answered.outcome == "can't tell" and answered.seen else []
    return "; ".join([answered.reason, *more, *answered.notes, *late])


def _could_show(seen: Seen, rule: Rule) -> list[str]:
    """What these seeds would have shown, and how many seeds would show what was measured."""
    said = []
    if seen.detectable == math.inf or (rule.scale == "log" and seen.detectable > MOST_TIMES):
        said.append("these seeds show nothing below tenfold" if rule.scale == "log" else "one seed shows nothing")
    elif math.isfinite(seen.detectable):
        least = f"{percent(seen.detectable)} %" if rule.scale == "log" else _plain(seen.detectable)
        said.append(f"these seeds would most likely have shown {least}")
    if seen.seeds_needed is not None:
        said.append(f"{seen.seeds_needed} would show what was seen")
    return said


def _notes(table: Table | Across) -> Iterator[str]:
    yield (
        "seen: left side against right side, paired by seed, with the interval that decides; answers: judged together "
        f"with the study's other questions, {table.looks.tested} in all, error at most {table.rule.alpha_percent}; "
        f"a difference below {table.rule.margin_percent} is none; see docs/claims.md"
    )


def _plain(value: float) -> str:
    return f"{value:+.2g}" if 0 < abs(value) < 0.1 else number(value, signed=True)
