"""Results -> ranked arms, one table per study and protocol; scores of different protocols are never ranked together.

The rule: arms are ranked by the mean over seeds of the FID of each run's best generator, or of its last on request;
lower is better. Where an arm and the baseline have different seeds, the baseline's mean plus their mean difference over
common seeds counts, so that nobody ranks by easier seeds. Arms without a score come last, without a rank. Diverged and
failed seeds are counted and never averaged in. What a search explored is apart and never ranked: it was chosen by these
numbers. What was scored elsewhere under the same protocol is ranked among the arms; floors are not.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean

from ablations.leaderboard.claims.answers import claims_evidence
from ablations.leaderboard.claims.records import AnsweredClaim
from ablations.leaderboard.context import Context
from ablations.leaderboard.design_effects import DesignEffects, design_effects
from ablations.leaderboard.effect_records import ARM
from ablations.leaderboard.guards import guard_questions
from ablations.leaderboard.looks import LooksState, looks_of
from ablations.leaderboard.machine_kinds import machine_kinds
from ablations.leaderboard.questions import Inquiry, Judge
from ablations.leaderboard.records import NO_SCORES, Row, Table, UnrankedEntry
from ablations.leaderboard.rows import arm_scores, evaluation_share, row_of, runs_of, scores_of
from ablations.results.results import METRIC, Result
from ablations.statistics import ArmScores, Rule, contrast_of, expected_best
from ablations.study.claims.measures import Of
from ablations.study.record import StudyRecord
from gan_core.events import RESULTS


@dataclass(frozen=True)
class TableRuns:
    """The runs of one table, under one protocol, and what the study's design asks of them.

    `judged`: those that count, without what a search explored; `arms`: these by arm. `mixed`: metrics with several
    protocols. `scores`: also of arms that have no run yet, where the design is to be known from the start.
    """

    trials: Sequence[Result]
    judged: Sequence[Result]
    arms: Mapping[str, Sequence[Result]]
    stamps: Mapping[str, str]
    mixed: tuple[str, ...]
    scores: Mapping[str, ArmScores]
    reference: str | None
    design: DesignEffects


def runs_of_table(
    trials: Sequence[Result], of: Of, study: StudyRecord | None, rule: Rule, *, every_arm: bool = False
) -> TableRuns:
    """Put the runs of a table together. `every_arm`: with the arms of the study that have none."""
    stamps, mixed = _stamps(trials, of)
    judged = [trial for trial in trials if trial.stage != "explore"]
    arms = {arm: list(own) for arm, own in groupby(judged, key=lambda trial: trial.arm)}
    scores = {arm: arm_scores(own, of) for arm, own in arms.items()}
    reference = next((arm for arm, own in arms.items() if own[0].is_baseline), None)
    if every_arm and study is not None:
        scores = {arm.name: ArmScores(arm.name, {}) for arm in study.arms} | scores
        reference = study.reference
    design = design_effects(study, scores, reference, judged, rule, of)
    return TableRuns(trials, judged, arms, stamps, mixed, scores, reference, design)


def table_by_itself(
    trials: Sequence[Result], of: Of, context: Context, entries: Sequence[UnrankedEntry], ended: dict[str, set[int]]
) -> Table:
    """The table of runs that are the whole study under one protocol: its questions are all of the study's."""
    runs = runs_of_table(trials, of, context.study, context.rule)
    claims = claims_evidence(context.claims, runs.judged, context.rule, of, runs.mixed)
    guards = guard_questions(context.guard, runs.design, runs.judged, context.rule, of, runs.mixed)
    of_claims = [claim.question for claim in claims if claim.question is not None]
    asked = [*runs.design.questions, *guards.questions, *of_claims]
    looks, seeds = context.looks_of(ended)
    inquiry = Inquiry(asked, looks, seeds, ended, context.rule, context.taken)
    answered = tuple(claim.answer(inquiry) for claim in claims)
    table = ranked_table(runs, of, context.rule, entries, inquiry, looks_of(inquiry), answered)
    return replace(table, guards=guards.answers(inquiry))


def ranked_table(
    runs: TableRuns,
    of: Of,
    rule: Rule,
    entries: Sequence[UnrankedEntry],
    inquiry: Judge,
    looks: LooksState,
    claims: tuple[AnsweredClaim, ...],
    block: str = "",
) -> Table:
    """The table with ranks, and with what is judged of its design."""
    trials, design, arms = runs.trials, runs.design, runs.arms
    explored = [trial for trial in trials if trial.stage == "explore"]
    compared = design.comparisons(inquiry)
    metrics = [metric for metric in runs.stamps if metric != METRIC]
    same, reference = _same_as(arms), runs.reference
    rows = [
        replace(
            row_of(own, of, metrics, rule, compared.get(arm)),
            same_as=same.get(arm, ()),
            against=_against(runs.scores[arm], runs.scores.get(reference), rule) if reference is not None else None,
            has_effects=design.unit != ARM and arm not in compared,
        )
        for arm, own in arms.items()
    ]
    effects = design.effects(inquiry)
    paired = [(e.arms[0], e.arms[1]) for e in effects.effects if len(e.arms) == 2]
    against = [(arm, reference) for arm in arms if arm != reference] if reference is not None else []
    ranked, elsewhere = _ranked(rows, [entry for entry in entries if entry.kind == "elsewhere"])
    return Table(
        study=trials[0].study,
        score=_score_name(trials, of),
        ranked_by=of,
        rule=rule,
        stamps=runs.stamps,
        mixed=runs.mixed,
        evaluation_share=evaluation_share(trials),
        rows=ranked,
        elsewhere=elsewhere,
        explored=_explored(explored, of, metrics, rule),
        expected=expected_best(_tried(explored, of), rule),
        floors=tuple(
            sorted((e for e in entries if e.kind == "floor"), key=lambda entry: (math.isnan(entry.fid), entry.fid))
        ),
        code=tuple(dict.fromkeys(text for trial in trials for text in trial.code)),
        claims=claims,
        effects=effects,
        looks=looks,
        block=block,
        machines=machine_kinds(arms, dict.fromkeys([*paired, *against])),
    )


def stamp_of(trial: Result, of: Of) -> str:
    """The protocol of a trial's FID; '' without one."""
    score = trial.score(METRIC, of) if trial.status == "finished" else None
    return score.stamp if score else ""


def _explored(trials: Sequence[Result], of: Of, metrics: Sequence[str], rule: Rule) -> tuple[Row, ...]:
    """A search's arms by what they were chosen by, best first."""
    rows = [row_of(list(own), of, metrics, rule, None) for _, own in groupby(trials, key=lambda trial: trial.arm)]
    return tuple(sorted(rows, key=lambda row: (math.isnan(row.fid.mean), row.fid.mean, row.arm)))


def _tried(trials: Sequence[Result], of: Of) -> list[float | None]:
    """Each explored trial's FID; None for one that diverged or was stopped early, since it produced nothing."""
    ended = [trial for trial in trials if trial.status in RESULTS]
    return [next(iter(scores_of([trial], METRIC, of).values()), None) for trial in ended]


def _stamps(trials: Sequence[Result], of: Of) -> tuple[dict[str, str], tuple[str, ...]]:
    """Each metric's protocol, FID first, and the metrics that have several."""
    found: dict[str, dict[str, None]] = {}
    for trial in trials:
        generator = trial.generator(of) if trial.status == "finished" else None
        for score in generator.scores if generator else ():
            found.setdefault(score.metric, {})[score.stamp] = None
    ordered = sorted(found, key=lambda metric: metric != METRIC)
    stamps = {metric: next(iter(found[metric])) for metric in ordered if len(found[metric]) == 1}
    return stamps, tuple(metric for metric in ordered if len(found[metric]) > 1)


def _against(arm: ArmScores, reference: ArmScores | None, rule: Rule) -> float | None:
    """The ratio (or difference) to the reference over common seeds, without an interval; None without common seeds."""
    if reference is None or reference is arm or not arm.scores.keys() & reference.scores.keys():
        return None
    return rule.shown(contrast_of(((1.0, arm), (-1.0, reference)), reference, rule).effect.mean)


def _same_as(arms: Mapping[str, Sequence[Result]]) -> dict[str, tuple[str, ...]]:
    """By arm the others that are the same run: bit-identical seed by seed, in the same seeds."""
    groups: dict[tuple[tuple[int, str], ...], list[str]] = {}
    for arm, trials in arms.items():
        if runs := runs_of(trials):
            groups.setdefault(tuple(sorted(runs.items())), []).append(arm)
    return {arm: tuple(o for o in group if o != arm) for group in groups.values() for arm in group}


def _ranked(
    rows: Sequence[Row], elsewhere: Sequence[UnrankedEntry]
) -> tuple[tuple[Row, ...], tuple[UnrankedEntry, ...]]:
    """Rows and external scores in common order, with ranks.

    At a tie the baseline comes first, and arms before others.
    """
    reference = next((row for row in rows if row.is_baseline), None)
    rows = [replace(row, ranked_fid=_ranked_fid(row, reference)) for row in rows]
    keys = {("arm", row.arm): (row.ranked_fid, 0 if row.is_baseline else 1, row.arm) for row in rows}
    keys |= {("elsewhere", entry.name): (entry.fid, 2, entry.name) for entry in elsewhere}
    finite = sorted((key for key in keys if math.isfinite(keys[key][0])), key=lambda key: keys[key])
    ranks = {key: rank for rank, key in enumerate(finite, start=1)}
    arms = [replace(row, rank=ranks.get(("arm", row.arm))) for row in rows]
    entries = [replace(entry, rank=ranks.get(("elsewhere", entry.name))) for entry in elsewhere]
    last = len(keys) + 1
    arms.sort(key=lambda row: (row.rank or last, not row.is_baseline, row.arm))
    entries.sort(key=lambda entry: (entry.rank or last, entry.name))
    return tuple(arms), tuple(entries)


def _ranked_fid(row: Row, reference: Row | None) -> float:
    """The mean FID that the arm would have on the baseline's seeds, as far as their common seeds tell."""
    if reference is None or row.scores.keys() == reference.scores.keys():
        return row.fid.mean
    common = row.scores.keys() & reference.scores.keys()
    if not common:
        return row.fid.mean
    return reference.fid.mean + fmean(row.scores[seed] - reference.scores[seed] for seed in common)


def _score_name(trials: Sequence[Result], of: Of) -> str:
    finished = [trial for trial in trials if trial.status == "finished"]
    scores = [score for trial in finished if (score := trial.score(METRIC, of)) is not None]
    if scores:
        return scores[0].name
    return NO_SCORES if finished else ""
