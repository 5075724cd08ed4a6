"""The study's claims: what each says, what was compared, what was measured, and the answer in words."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ablations.leaderboard import Table
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.claims.records import AnsweredClaim, Outcome, Seen
from ablations.report.words import (
    could_show,
    counted,
    effect_text,
    interval,
    listed,
    metric_label,
    would_take,
)
from ablations.statistics import Estimate, Rule
from ablations.study.claims.measures import MEASURES
from ablations.study.claims.records import Claim

ORDER: tuple[Outcome, ...] = ("supported", "refuted", "can't tell", "not tested")


@dataclass(frozen=True)
class ClaimLine:
    """One claim. `shown`: left against right, as a ratio or, by the metric's rule, a difference; None without numbers.

    `by_seed` has the same for each seed, and is empty where runs are not in pairs. `says`: the same in words; `why`:
    the reason of the answer, and what more would be needed.
    """

    name: str
    statement: str
    source: str
    comparison: str
    metric: str
    outcome: Outcome
    says: str
    why: str
    rule: Rule
    shown: Estimate | None = None
    by_seed: Mapping[int, float] | None = None


@dataclass(frozen=True)
class Claims:
    """All claims of a table. `headline`: how many have which answer; `about`: how they were tested."""

    headline: str
    about: str
    lines: tuple[ClaimLine, ...]


def claims_of(table: Table | Across) -> Claims | None:
    """The claims in the study file's order; None where the study makes none."""
    if not table.claims:
        return None
    about = (
        "Each claim is a comparison that was written down before its runs were seen. It is judged together with the "
        f"study's other questions, {table.looks.tested} in all: error at most {table.rule.alpha_percent} over all of "
        f"them and all looks. A difference below {table.rule.margin_percent} counts as none. Numbers tell the left "
        "side of a comparison against its right side"
    )
    return Claims(_headline(table), about, tuple(_line(answered) for answered in table.claims))


def _headline(table: Table | Across) -> str:
    counts = Counter(answered.outcome for answered in table.claims)
    known = [f"{counts[outcome]} {outcome}" for outcome in ORDER if counts[outcome] and outcome != "can't tell"]
    if unknown := counts["can't tell"]:
        known.append(f"{unknown} that these runs can't answer")
    return f"Of {counted(len(table.claims), 'claim')}: {listed(known)}."


def _line(answered: AnsweredClaim) -> ClaimLine:
    claim, seen = answered.claim, answered.seen
    return ClaimLine(
        name=claim.name,
        statement=claim.statement,
        source=claim.source,
        comparison=claim.comparison + (f", in {claim.block}" if claim.block else ""),
        metric=_metric(claim),
        outcome=answered.outcome,
        says=_says(answered),
        why="; ".join(_why(answered)),
        rule=answered.rule,
        shown=None if seen is None or math.isnan(seen.shown.mean) else seen.shown,
        by_seed=None if seen is None else seen.by_seed,
    )


def _says(answered: AnsweredClaim) -> str:
    """What was measured, with its interval; '' where nothing was."""
    metric, counts, seen = _metric(answered.claim), answered.counts, answered.seen
    if counts is not None:
        if not counts.seeds:
            return ""
        return f"{metric}: {counts.left} against {counts.right} of {counted(counts.seeds, 'seed')}"
    if seen is None or math.isnan(seen.shown.mean):
        return ""
    numbers = " ".join(
        text for text in (effect_text(seen.shown.mean, answered.rule), interval(seen.shown, answered.rule)) if text
    )
    of = f", {counted(len(seen.by_seed), 'seed')}" if seen.by_seed else ""
    return f"{metric} {numbers}{of}"


def _metric(claim: Claim) -> str:
    """'FID', 'kimg to best', 'unhealthy runs'."""
    return metric_label(claim.metric) + " runs" * (MEASURES[claim.metric].sort == "count")


def _why(answered: AnsweredClaim) -> Iterator[str]:
    yield answered.reason
    if answered.outcome == "can't tell" and answered.seen is not None:
        yield from _limits(answered.seen, answered.rule)
    yield from answered.notes
    if answered.claim.late:
        yield "claimed when there were results already"


def _limits(seen: Seen, rule: Rule) -> Iterator[str]:
    """What these seeds would have shown, and how many seeds would show what was measured."""
    if seen.by_seed and not math.isnan(seen.detectable):
        yield could_show(seen.detectable, len(seen.by_seed), rule)
    if seen.seeds_needed is not None and seen.seeds_needed > len(seen.by_seed):
        yield would_take(seen.seeds_needed)
