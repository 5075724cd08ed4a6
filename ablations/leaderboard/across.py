"""A study across several settings: a table for each block, and the effects over all of them.

FIDs of two blocks are never ranked together: they are of other images, or of networks that are not to be compared. What
is pooled are effects, ratios of FIDs within a block.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ablations.leaderboard.across_records import Across, Differs, EffectAcross
from ablations.leaderboard.block_questions import AskedAcross, BlockedDesign, BlockView
from ablations.leaderboard.claims.across import claims_across
from ablations.leaderboard.context import Context
from ablations.leaderboard.effect_records import ReportedEffect
from ablations.leaderboard.looks import looks_of
from ablations.leaderboard.questions import Inquiry
from ablations.leaderboard.rank import TableRuns, ranked_table, runs_of_table, stamp_of
from ablations.leaderboard.records import Table
from ablations.results.results import Result
from ablations.statistics import Estimate
from ablations.statistics.blocks import average_over_blocks, heterogeneity, smallest_average
from ablations.statistics.comparison import shown_estimate
from ablations.statistics.verdict import SAME, Verdict
from ablations.study.claims.measures import Of
from ablations.study.record import StudyRecord

Ended = Mapping[str, set[int]]


def tables_across(
    trials: Sequence[Result], of: Of, context: Context, study: StudyRecord, ended: Ended
) -> tuple[list[Table], Across]:
    """The tables of all blocks in the study's order, each protocol by itself, and what they say together.

    Pooled are the runs of each block's main protocol, which is that of most of its scores.
    """
    rule, looks = context.rule, context.looks_of(ended)
    by_block = {block.name: [t.in_its_block for t in trials if t.block == block.name] for block in study.blocks}
    main = {block: _main_stamp(own, of) for block, own in by_block.items()}
    runs = {
        block: runs_of_table(_under(own, main[block], of), of, study.of_block(block), rule, every_arm=True)
        for block, own in by_block.items()
    }
    design = BlockedDesign({block: one.design for block, one in runs.items()}, rule)
    claims = claims_across(context.claims, {block: one.judged for block, one in runs.items()}, design, study, of)
    asked = [question for effect in design.asked for question in effect.questions]
    asked += [claim.question for claim in claims if claim.question is not None]
    inquiry = Inquiry(asked, *looks, ended, rule, context.taken)
    state = looks_of(inquiry)
    tables = [
        table
        for block, own in by_block.items()
        if own
        for table in _tables_of_block(block, own, main[block], runs[block], of, context, study, inquiry)
    ]
    by_itself = {block: own.design.effects(BlockView(inquiry, block)).effects for block, own in runs.items()}
    first = next(iter(runs.values())).design
    blocks = f"averaged over {len(study.blocks)} settings"
    effects = [_effect(one, design, by_itself, inquiry) for one in design.asked]
    across = Across(
        study=trials[0].study,
        blocks={block.name: block.settings for block in study.blocks},
        ranked_by=of,
        rule=rule,
        about=f"{first.about}, {blocks}",
        unit=first.unit,
        by_effect=tuple(effect for effect in effects if not effect.is_an_alias),
        claims=tuple(claim.answer(inquiry) for claim in claims),
        looks=state,
    )
    return tables, across


def _main_stamp(trials: Sequence[Result], of: Of) -> str:
    """The protocol that most scores of a block have; '' before the first."""
    counts = Counter(stamp for trial in trials if (stamp := stamp_of(trial, of)))
    return max(counts, key=lambda stamp: (counts[stamp], stamp), default="")


def _under(trials: Sequence[Result], stamp: str, of: Of) -> list[Result]:
    """The trials under a protocol; those without a score count under each."""
    return [trial for trial in trials if stamp_of(trial, of) in (stamp, "")]


def _tables_of_block(
    block: str,
    trials: Sequence[Result],
    main: str,
    runs: TableRuns,
    of: Of,
    context: Context,
    study: StudyRecord,
    inquiry: Inquiry,
) -> Iterator[Table]:
    """The table of the main protocol, then those of others: they are by themselves, and no part of what is pooled."""
    rule = context.rule
    others = sorted({stamp_of(trial, of) for trial in trials} - {main, ""})
    for stamp in (main, *others):
        entries = [entry for entry in context.entries if entry.protocol == stamp]
        if stamp == main:
            yield ranked_table(runs, of, rule, entries, BlockView(inquiry, block), looks_of(inquiry), (), block)
            continue
        own = runs_of_table(_under(trials, stamp, of), of, study.of_block(block), rule)
        ended = {trial.arm: {t.seed for t in own.judged} for trial in own.judged}
        alone = Inquiry(own.design.questions, inquiry.looks, study.seeds, ended, rule)
        yield ranked_table(own, of, rule, entries, alone, looks_of(alone), (), block)


def _effect(
    asked: AskedAcross, design: BlockedDesign, by_itself: Mapping[str, Sequence[ReportedEffect]], inquiry: Inquiry
) -> EffectAcross:
    shown = {block: e for block in asked.blocks for e in by_itself[block] if e.name == asked.name}
    aliases = tuple(dict.fromkeys(alias for effect in shown.values() for alias in effect.aliases))
    pooled = replace(_pooled(asked, design, inquiry), aliases=aliases)
    return EffectAcross(pooled, shown, _differs(asked, design, inquiry), asked.lacking)


def _pooled(asked: AskedAcross, design: BlockedDesign, inquiry: Inquiry) -> ReportedEffect:
    """The average over the blocks, by the runs that its verdict is from; before the first look by all there are."""
    judged, rule = inquiry.judged(asked.pooled), design.rule
    last, seeds = judged.last, inquiry.seeds_of(asked.pooled)
    parts = design.parts(asked.name, seeds)
    average = average_over_blocks(parts)
    is_same = bool(parts) and all(part.measured.is_same_run for part in parts.values())
    verdict = SAME if is_same else Verdict("can't tell", inquiry.why_no_look)
    verdict = last.verdict if last is not None else verdict
    low, high = (last.low, last.high) if last is not None and not is_same else (math.nan, math.nan)
    value = last.measured.value if last is not None else average.value
    n = max((len(part.values) for part in parts.values()), default=0) or len(seeds)
    alpha = rule.alpha * inquiry.next_share / inquiry.parts_of(asked.pooled)
    single = [part.divergence for part in parts.values() if part.divergence is not None]
    ours, theirs = (sum(d.both + getattr(d, side) for d in single) for side in ("only_arm", "only_baseline"))
    first = next(iter(asked.in_blocks.values()))
    return ReportedEffect(
        name=asked.name,
        arms=_arms(asked),
        shown=shown_estimate(Estimate(n, value, math.nan, low, high), rule),
        by_seed={},
        finding=verdict.finding,
        reason=verdict.reason,
        p=last.p if last is not None else math.nan,
        detectable=rule.shown(smallest_average(average, alpha, rule.power)) if first.pair is not None else None,
        seeds_needed=None,
        diverged=f"{ours} against {theirs} of {sum(d.seeds for d in single)} runs" if ours or theirs else "",
        judged=judged,
        level=last.level if last is not None else rule.confidence,
        is_interaction=first.pair is None and ":" in asked.name,
    )


def _arms(asked: AskedAcross) -> tuple[str, ...]:
    """The two arms that are compared, by their own names; () of an effect that all arms speak for."""
    pair = next(iter(asked.in_blocks.values())).pair
    return () if pair is None else tuple(arm.name for arm in pair)


def _differs(asked: AskedAcross, design: BlockedDesign, inquiry: Inquiry) -> Differs:
    judged = inquiry.judged(asked.between)
    last = judged.last
    test = heterogeneity(design.parts(asked.name, inquiry.seeds_of(asked.between)))
    if last is None:
        return Differs("can't tell", inquiry.why_no_look, test, math.nan, judged)
    return Differs(last.verdict.finding, last.verdict.reason, test, last.p, judged)
