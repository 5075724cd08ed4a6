"""The content of a forest plot, of effects or of claims: its lines as numbers, and the text below it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ablations.leaderboard.effect_records import Effects, ReportedEffect
from ablations.report.figures.canvas import (
    Answer,
)
from ablations.report.sections.claims import ClaimLine
from ablations.report.sections.seeds import MOST_ARMS
from ablations.statistics import Estimate, Rule

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Line:
    """One line of the plot, in the units in which the rule shows effects."""

    name: str
    shown: Estimate
    by_seed: Mapping[int, float]
    answer: Answer


@dataclass(frozen=True)
class Forest:
    """A forest plot. `ends`: what lies to the left and to the right of no effect."""

    name: str
    title: str
    lines: tuple[Line, ...]
    rule: Rule
    ends: tuple[str, str]
    caption: str
    alt: str


def forest_of_effects(effects: Effects) -> Forest | None:
    """The main effects; where there are very many, those with the lowest ratios. None where none has a number."""
    every = [effect for effect in effects.main if effect.by_seed or effect.shown.n]
    if not every:
        return None
    main = effects.main if len(effects.main) <= MOST_ARMS else sorted(effects.main, key=_by_ratio)[:MOST_ARMS]
    left = f" Shown are the {len(main)} lowest of {len(effects.main)}." if len(main) < len(effects.main) else ""
    is_log = effects.rule.scale == "log"
    same = ", × same run" if any(effect.finding == "same run" for effect in main) else ""
    by = "this comparison by itself" if effects.is_alone else "judged together with all questions of the study"
    return Forest(
        name="effects",
        title=f"Effects: {effects.about}",
        lines=tuple(Line(effect.name, effect.shown, effect.by_seed, effect.finding) for effect in main),
        rule=effects.rule,
        ends=("FID lower", "FID higher"),
        caption=f"{'Change of the FID' if is_log else 'Difference of the FIDs'} with its "
        f"{_numbers(effects.rule, any(effect.by_seed for effect in main))} ◀ helps, ▶ hurts, ■ no difference, ○ can't "
        f"tell{same}: {by}.{left}",
        alt="Forest plot of the effects with their intervals; the numbers stand in the answer.",
    )


def forest_of_claims(claims: Sequence[ClaimLine], rule: Rule) -> Forest | None:
    """The claims about ratios, in the file's order; where there are very many, the answered ones, then the nearest to
    an answer.

    A claim about differences, or about counts of runs, has its numbers in the list alone.
    """
    drawn = [claim for claim in claims if claim.rule.scale == "log" and claim.shown is not None]
    if not drawn:
        return None
    chosen = sorted(drawn, key=_unanswered)[:MOST_ARMS]
    lines = tuple(
        Line(
            claim.name if claim.metric == "FID" else f"{claim.name} ({claim.metric})",
            claim.shown,
            claim.by_seed or {},
            claim.outcome,
        )
        for claim in drawn
        if claim in chosen and claim.shown is not None
    )
    left = f" Shown are {len(lines)} of {len(drawn)}." if len(lines) < len(drawn) else ""
    return Forest(
        name="claims",
        title="Claims: left side against right side",
        lines=lines,
        rule=rule.model_copy(update={"scale": "log"}),
        ends=("left is lower", "left is higher"),
        caption=f"How far the left side of a comparison lies from its right side, with its "
        f"{_numbers(rule, any(line.by_seed for line in lines))} ◆ supported, ✕ refuted, ○ can't tell: judged together "
        f"with all questions of the study.{left}",
        alt="Forest plot of the claims with their intervals; the numbers stand next to each claim.",
    )


def _numbers(rule: Rule, has_seeds: bool) -> str:
    said = f"interval that decides: {rule.confidence_percent} over all looks and questions together."
    said += " Thin strokes: single seeds." if has_seeds else ""
    return said + (f" Grey band: below {rule.margin_percent}, which counts as none." if rule.scale == "log" else "")


def _by_ratio(effect: ReportedEffect) -> float:
    """Sorts by ratio; what has no number comes last."""
    return math.inf if math.isnan(effect.shown.mean) else effect.shown.mean


def _unanswered(claim: ClaimLine) -> tuple[bool, float]:
    """Sorts the answered ones first, then by the size of what was measured."""
    assert claim.shown is not None
    size = abs(math.log(claim.shown.mean)) if 0 < claim.shown.mean < math.inf else math.inf
    return claim.outcome == "can't tell", -size
