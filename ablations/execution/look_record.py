"""Looks that the runs suffice for are put on record before anybody sees what they say."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

from ablations.leaderboard import Leaderboard
from ablations.leaderboard.looks import AskedQuestion, LooksState
from ablations.statistics import LookResult
from ablations.workspace.looks_taken import LookTaken, Said, read_looks_taken, write_looks_taken


def record_looks(leaderboard: Leaderboard, root: Path) -> tuple[LookTaken, ...]:
    """Add the looks that this leaderboard has taken to those on record in the study's folder; returns all of them."""
    taken = read_looks_taken(root)
    table = leaderboard.answers
    if table is None or table.looks.taken <= len(taken):
        return taken
    state = table.looks
    new = [_look(state, number) for number in range(len(taken) + 1, state.taken + 1)]
    taken = (*taken, *new)
    write_looks_taken(root, taken)
    return taken


def _look(state: LooksState, number: int) -> LookTaken:
    given_up = [a for a in state.asked if (result := a.at(number)) is not None and result.is_hopeless]
    return LookTaken(
        look=number,
        seeds=state.looks.counts[number - 1],
        time=time.time(),
        said=tuple(_said(state, number)),
        given_up=tuple(str(asked.question.key) for asked in given_up),
        going_on=state.went_on[number - 1],
    )


def _said(state: LooksState, number: int) -> Iterator[Said]:
    for asked in state.asked:
        if (result := asked.at(number)) is not None:
            yield _words(asked, result)


def _words(asked: AskedQuestion, result: LookResult) -> Said:
    rule = asked.question.rule
    values = (result.measured.value, result.low, result.high)
    numbers = (math.nan if result.measured.is_spread else rule.shown(value) for value in values)
    shown, low, high = (value if math.isfinite(value) else None for value in numbers)
    return Said(
        question=str(asked.question.key),
        finding=result.verdict.finding,
        reason=result.verdict.reason,
        shown=shown,
        low=low,
        high=high,
        level=result.level,
        chance=result.chance,
    )
