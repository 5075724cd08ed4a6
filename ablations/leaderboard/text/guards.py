"""What is said of a study's guards, in words."""

import math
from collections.abc import Iterator

from ablations.leaderboard.guard_records import GuardStatement
from ablations.leaderboard.records import Table


def guard_notes(table: Table) -> Iterator[str]:
    """A line for each guarded metric: which effects hurt it, which stay within the margin, and which can't be told."""
    for metric, margin in table.guards.margins.items():
        by_finding: dict[str, list[str]] = {}
        for effect, statements in table.guards.statements.items():
            for one in statements:
                if one.metric == metric:
                    by_finding.setdefault(one.finding, []).append(_named(effect, one))
        order = ("hurts", "within the margin", "can't tell", "same run")
        words = {"hurts": "hurt by", "within the margin": "within the margin"}
        said = "; ".join(f"{words.get(f, f)}: {', '.join(by_finding[f])}" for f in order if f in by_finding)
        yield f"guard {metric}, a loss of {margin:g} accepted: {said or 'nothing to compare yet'}"


def guard_words(one: GuardStatement) -> str:
    """'recall -0.12 [-0.2, -0.06], loses more than 0.05 (adjusted p = 0.001)'."""
    numbers = difference_words(one)
    return f"guard {one.metric}{f' {numbers}' if numbers else ''}: {one.reason}"


def difference_words(one: GuardStatement) -> str:
    """'-0.12 [-0.2, -0.06]'; '' without a number."""
    shown = one.shown
    if math.isnan(shown.mean):
        return ""
    mean, low, high = (f"{value + 0.0:+.3g}" for value in (shown.mean, shown.low, shown.high))  # no -0
    return mean if math.isnan(shown.low) else f"{mean} [{low}, {high}]"


def _named(effect: str, one: GuardStatement) -> str:
    numbers = difference_words(one) if one.finding != "same run" else ""
    return f"{effect} {numbers}" if numbers else effect
