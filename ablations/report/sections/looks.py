"""How the verdicts came about: every effect at each look, and what was decided when."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ablations.leaderboard import Table
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.effect_records import ReportedEffect
from ablations.statistics import Estimate, Finding, LookResult, Rule
from ablations.study.block_names import arms_alone
from ablations.workspace.looks_taken import LookTaken

MOST_EFFECTS = 12  # panels of the figure
State = Finding | Literal["hopeless"]


@dataclass(frozen=True)
class LookPoint:
    """An effect at one look: the interval that decides there, in the units in which the rule shows effects."""

    seeds: int
    shown: Estimate
    state: State


@dataclass(frozen=True)
class EffectLooks:
    """One effect from look to look."""

    name: str
    points: tuple[LookPoint, ...]


@dataclass(frozen=True)
class LooksCourse:
    """The effects of a table from look to look. `counts`: the seeds at the looks; `of`: how many effects there are."""

    effects: tuple[EffectLooks, ...]
    counts: tuple[int, ...]
    rule: Rule
    of: int


@dataclass(frozen=True)
class LookLine:
    """One look in the list of looks.

    `time`: seconds since 1970 when it was taken, None where that is not on record. `decided`: effects and claims with a
    verdict since this look; `hopeless`: effects that were given up; `stopped`: arms that get no more seeds although
    looks are left.
    """

    look: int
    seeds: int
    time: float | None
    decided: tuple[str, ...]
    hopeless: tuple[str, ...]
    stopped: tuple[str, ...]


def looks_course(table: Table | Across) -> LooksCourse | None:
    """The main effects that were tested, in their order; None where fewer than two looks have been taken."""
    tested = [effect for effect in table.effects.main if _points(effect, table.effects.rule)]
    if table.looks.taken < 2 or not tested:
        return None
    return LooksCourse(
        effects=tuple(EffectLooks(e.name, tuple(_points(e, table.effects.rule))) for e in tested[:MOST_EFFECTS]),
        counts=table.looks.looks.counts[: table.looks.taken],
        rule=table.effects.rule,
        of=len(tested),
    )


def look_lines(table: Table | Across, taken: Sequence[LookTaken]) -> tuple[LookLine, ...]:
    """The looks of the table, with their times from the record in the study's folder; () where they are not shown."""
    state = table.looks
    if not state.are_shown:
        return ()
    before = frozenset(state.arms)
    lines = []
    for number, going_on in enumerate(state.went_on, start=1):
        time = taken[number - 1].time if number <= len(taken) else None
        hopeless = [e.name for e in table.effects.effects if e.judged.is_hopeless and _last(e) == number]
        stopped = arms_alone(sorted(before.difference(going_on))) if number < len(state.looks.counts) else ()
        seeds = state.looks.counts[number - 1]
        lines.append(LookLine(number, seeds, time, tuple(_decided(table, number)), tuple(hopeless), stopped))
        before = frozenset(going_on)
    return tuple(lines)


def _decided(table: Table | Across, look: int) -> list[str]:
    effects = [f"{e.name}: {e.finding}" for e in table.effects.effects if e.judged.is_decided and _last(e) == look]
    claims = [
        f"claim {claim.claim.name}: {claim.outcome}"
        for claim in table.claims
        if claim.look == look and claim.outcome in ("supported", "refuted")
    ]
    guards = [
        f"guard {one.metric}: {name} {one.finding}"
        for name, statements in table.guards.statements.items()
        for one in statements
        if one.judged.is_decided and one.judged.last is not None and one.judged.last.look == look
    ]
    return effects + claims + guards


def _last(effect: ReportedEffect) -> int:
    return 0 if effect.judged.last is None else effect.judged.last.look


def _points(effect: ReportedEffect, rule: Rule) -> list[LookPoint]:
    """One for each look that the effect took part in; none where it is one run under two names."""
    points: dict[int, LookPoint] = {}
    for result in effect.judged.looks:
        if not math.isnan(result.measured.value) and not result.measured.is_same_run:
            points[result.look] = LookPoint(result.seeds, _shown(result, rule), result.verdict.finding)
    if points and effect.judged.is_hopeless:
        last = max(points)
        points[last] = LookPoint(points[last].seeds, points[last].shown, "hopeless")
    return list(points.values())


def _shown(result: LookResult, rule: Rule) -> Estimate:
    value, low, high = (rule.shown(number) for number in (result.measured.value, result.low, result.high))
    return Estimate(result.seeds, value, math.nan, low, high)
