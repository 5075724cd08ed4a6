"""The columns of a leaderboard in files: what each means and where its number comes from, in one place."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ablations.leaderboard.across_records import Across, EffectAcross
from ablations.leaderboard.effect_records import ARM, ReportedEffect
from ablations.leaderboard.guard_columns import GUARD_COLUMNS, guard_cells, guard_names
from ablations.leaderboard.machine_kinds import kinds_in_words
from ablations.leaderboard.records import Leaderboard, Row, Table, UnrankedEntry
from ablations.results.results import METRIC
from ablations.statistics import Comparison

ALL = "(all)"  # in place of a block
FACTOR = "factor_"  # prefix of the columns that hold the factors' values
Cell = str | int | float | None  # None: there is no such number


@dataclass(frozen=True)
class Column:
    """A column. `cell` has its value for an arm, `entry` for what was scored and is no arm, `effect` for an effect,
    `pooled` for an effect over all blocks of a study.
    """

    name: str
    meaning: str
    cell: Callable[[Table, Row], Cell]
    entry: Callable[[Table, UnrankedEntry], Cell] = lambda table, entry: None
    effect: Callable[[Table, ReportedEffect], Cell] = lambda table, effect: None
    pooled: Callable[[Across, EffectAcross], Cell] = lambda across, effect: None


def _compared(number: Callable[[Comparison], Cell]) -> Callable[[Table, Row], Cell]:
    return lambda table, row: None if row.comparison is None else number(row.comparison)


COLUMNS: tuple[Column, ...] = (
    Column("rank", "1 is the lowest FID; empty without one", lambda t, r: r.rank, lambda t, e: e.rank),
    Column(
        "arm",
        "name of the arm, of an effect of the design, of an external score or floor",
        lambda t, r: r.arm,
        lambda t, e: e.name,
        lambda t, e: e.name,
        lambda a, e: e.name,
    ),
    Column(
        "block",
        "of a study across several settings, the one that the arm was trained in; '(all)' on lines of kind pooled",
        lambda t, r: t.block or None,
        lambda t, e: t.block or None,
        lambda t, e: t.block or None,
        lambda a, e: ALL,
    ),
    Column(
        "kind",
        "arm; explored: by a search that chose by these numbers, never ranked; elsewhere: not trained in this study, "
        "one measurement; floor: to place a number, never ranked; effect: what the design compares, where that is not "
        "each arm with the baseline; pooled: an effect averaged over the blocks of a study, which is its answer",
        lambda t, r: r.kind,
        lambda t, e: e.kind,
        lambda t, e: "effect",
        lambda a, e: "pooled",
    ),
    Column("seeds_finished", "seeds that ran to the end", lambda t, r: r.seeds_finished),
    Column(
        "seeds_diverged", "seeds that met NaN or infinity: counted, never averaged in", lambda t, r: r.seeds_diverged
    ),
    Column("seeds_failed", "seeds that ended with an exception", lambda t, r: r.seeds_failed),
    Column("seeds_pruned", "seeds that a search stopped early", lambda t, r: r.seeds_pruned),
    Column("seeds_unfinished", "seeds that are running, interrupted or not begun", lambda t, r: r.seeds_unfinished),
    Column(
        "seeds_not_finite",
        "finished seeds whose FID is NaN or infinite: they count as diverged in verdicts, and are never averaged in",
        lambda t, r: r.seeds_not_finite,
    ),
    Column("seeds_scored", "finished seeds with a finite FID: the n of its mean", lambda t, r: r.fid.n, lambda t, e: 1),
    Column(
        "ranked_by",
        "whose FID: the best or the last generator of each run",
        lambda t, r: t.ranked_by,
        pooled=lambda a, e: a.ranked_by,
    ),
    Column(
        "fid_mean",
        "mean FID over seeds of the generators that `ranked_by` names",
        lambda t, r: r.fid.mean,
        lambda t, e: e.fid,
    ),
    Column(
        "fid_ranked",
        "what the rank goes by: fid_mean; where the baseline has other seeds, its mean plus the mean difference over "
        "common seeds",
        lambda t, r: r.ranked_fid,
    ),
    Column("fid_sd", "its standard deviation between seeds (n - 1); empty with one seed", lambda t, r: r.fid.sd),
    Column("fid_ci_low", "interval of the mean at `confidence`, Student's t over seeds", lambda t, r: r.fid.low),
    Column("fid_ci_high", "its upper end", lambda t, r: r.fid.high),
    Column("fid_best_single", "the lowest FID of any seed", lambda t, r: r.fid_best_single),
    Column("fid_best_mean", "mean FID of the best generators, whatever the ranking", lambda t, r: r.fid_best_mean),
    Column("fid_last_mean", "mean FID of the last generators", lambda t, r: r.fid_last_mean),
    Column(
        "fid_difference",
        "mean over common seeds of FID(arm) - FID(baseline); negative: lower than the baseline",
        _compared(lambda c: c.difference.mean),
    ),
    Column(
        "fid_difference_ci_low",
        "interval of that at `confidence`, paired by seed",
        _compared(lambda c: c.difference.low),
    ),
    Column("fid_difference_ci_high", "its upper end", _compared(lambda c: c.difference.high)),
    Column(
        "fid_ratio",
        "geometric mean over common seeds of FID(arm) / FID(baseline); of an effect, of runs with it and without it",
        lambda t, r: r.against if r.comparison is None else r.comparison.shown.mean,
        effect=lambda t, e: e.shown.mean,
        pooled=lambda a, e: e.pooled.shown.mean,
    ),
    Column(
        "fid_ratio_ci_low",
        "the interval of that which decides: at `interval_level`, by the runs of `look`",
        _compared(lambda c: c.shown.low),
        effect=lambda t, e: e.shown.low,
        pooled=lambda a, e: e.pooled.shown.low,
    ),
    Column(
        "fid_ratio_ci_high",
        "its upper end",
        _compared(lambda c: c.shown.high),
        effect=lambda t, e: e.shown.high,
        pooled=lambda a, e: e.pooled.shown.high,
    ),
    Column(
        "interval_level",
        "confidence of that interval: it allows for every look and every question of the study",
        _compared(lambda c: c.level),
        effect=lambda t, e: e.level,
        pooled=lambda a, e: e.pooled.level,
    ),
    Column(
        "look",
        "number of the look that the verdict is from; empty before the first",
        _compared(lambda c: c.look),
        effect=lambda t, e: None if e.judged.last is None else e.judged.last.look,
        pooled=lambda a, e: None if e.pooled.judged.last is None else e.pooled.judged.last.look,
    ),
    Column(
        "look_seeds",
        "seeds that the arm and the baseline had at that look",
        _compared(lambda c: None if c.judged.last is None else c.judged.last.seeds),
        effect=lambda t, e: None if e.judged.last is None else e.judged.last.seeds,
        pooled=lambda a, e: None if e.pooled.judged.last is None else e.pooled.judged.last.seeds,
    ),
    Column(
        "state",
        "decided; open; hopeless: stopped, as later looks would hardly bring a verdict; empty before the first look",
        _compared(lambda c: c.judged.state),
        effect=lambda t, e: e.judged.state,
        pooled=lambda a, e: e.pooled.judged.state,
    ),
    Column(
        "chance",
        "of a verdict at a later look, by what was seen; empty where there is one, or no later look",
        _compared(lambda c: c.judged.chance),
        effect=lambda t, e: e.judged.chance,
        pooled=lambda a, e: e.pooled.judged.chance,
    ),
    Column(
        "verdict",
        "helps, hurts, no difference, can't tell; same run: bit-identical to the baseline in every seed, so no test; "
        "baseline for itself; see effects: the verdicts are on the lines of kind effect; see docs/statistics.md",
        lambda t, r: r.verdict,
        effect=lambda t, e: e.finding,
        pooled=lambda a, e: e.pooled.finding,
    ),
    Column(
        "reason",
        "why the verdict is this one",
        lambda t, r: r.reason,
        effect=lambda t, e: e.reason,
        pooled=lambda a, e: e.pooled.reason,
    ),
    Column(
        "blocks",
        "of a pooled effect: the number of blocks that have its arms, over which it is averaged",
        lambda t, r: None,
        pooled=lambda a, e: len(e.in_blocks),
    ),
    Column(
        "blocks_helped",
        "of these, those in which it is shown by itself to help",
        lambda t, r: None,
        pooled=lambda a, e: e.count("helps"),
    ),
    Column(
        "blocks_hurt",
        "those in which it is shown by itself to hurt",
        lambda t, r: None,
        pooled=lambda a, e: e.count("hurts"),
    ),
    Column(
        "blocks_lower",
        "those in which the FID is lower with it, whether that is shown or not",
        lambda t, r: None,
        pooled=lambda a, e: e.lower,
    ),
    Column(
        "differs",
        "whether a pooled effect differs between the blocks: differs, can't tell; same run, where it had none in any",
        lambda t, r: None,
        pooled=lambda a, e: e.differs.finding,
    ),
    Column(
        "differs_p",
        "p of no difference between the blocks, adjusted like p_adjusted; see docs/statistics.md",
        lambda t, r: None,
        pooled=lambda a, e: e.differs.p,
    ),
    Column(
        "p_adjusted",
        "p of no effect, adjusted for the looks so far and for all questions of the study",
        _compared(lambda c: c.p_adjusted),
        effect=lambda t, e: e.p,
        pooled=lambda a, e: e.pooled.p,
    ),
    Column("p_sign_flip", "p of the sign-flip test, not adjusted", _compared(lambda c: c.contrast.p_sign_flip)),
    Column(
        "effect_size",
        "Hedges' g_z: the mean log ratio in its own standard deviations",
        _compared(lambda c: c.contrast.size),
    ),
    Column(
        "borrowed",
        "degrees of freedom of the verdict's spread that come from the study's other comparisons",
        _compared(lambda c: c.borrowed),
        effect=lambda t, e: e.borrowed,
    ),
    Column(
        "confidence",
        "of the study: 1 minus it is what looks and questions share",
        lambda t, r: t.rule.confidence,
        effect=lambda t, e: t.rule.confidence,
        pooled=lambda a, e: a.rule.confidence,
    ),
    Column(
        "margin",
        "a smaller difference than this part of the baseline's FID is none",
        lambda t, r: t.rule.margin,
        effect=lambda t, e: t.rule.margin,
        pooled=lambda a, e: a.rule.margin,
    ),
    Column(
        "smallest_detectable",
        "the smallest ratio (above 1; or its inverse) that these seeds would most likely show at the next look",
        _compared(lambda c: c.detectable),
    ),
    Column(
        "seeds_needed",
        "seeds that would most likely show an effect as large as the one seen; empty: not known, or over 1000",
        _compared(lambda c: c.seeds_needed),
    ),
    Column(
        "kimg_at_best",
        "mean of the thousands of images seen when the best generator was there",
        lambda t, r: r.kimg_at_best,
    ),
    Column("seconds_at_best", "mean of the wall seconds until then", lambda t, r: r.seconds_at_best),
    Column("evaluation_share", "part of the wall seconds that scores took", lambda t, r: r.evaluation_share),
    Column(
        "inert",
        "tricks that were on and in some seed never acted: the arm does not test them",
        lambda t, r: " ".join(r.inert),
    ),
    Column(
        "same_as",
        "other arms whose runs are bit-identical to this one's, seed by seed: one run under several names",
        lambda t, r: " ".join(r.same_as),
    ),
    Column(
        "run_verdicts",
        "the outcomes of its runs: '2 healthy, 1 oscillating'",
        lambda t, r: ", ".join(f"{n} {kind}" for kind, n in r.run_verdicts.items()),
    ),
    Column(
        "ran_on",
        "kinds of machine that its runs ran on, GPUs by name and CPUs by model: '3 on NVIDIA A100, 1 on NVIDIA H100'; "
        "empty: not known",
        lambda t, r: kinds_in_words(r.ran_on) or None,
    ),
    Column(
        "score",
        "the FID's name, with number of samples and extractor; 'no scores' under `extractor: none`",
        lambda t, r: t.score,
        lambda t, e: e.scores[METRIC].name,
    ),
    Column(
        "protocol",
        "stamp of each metric, 'fid:<stamp> is:<stamp>'; rows with different ones must not be compared",
        lambda t, r: t.protocol,
        lambda t, e: " ".join(f"{score.metric}:{score.stamp}" for score in e.scores.values()),
    ),
    Column(
        "study",
        "name of the study",
        lambda t, r: t.study,
        lambda t, e: t.study,
        lambda t, e: t.study,
        lambda a, e: a.study,
    ),
    Column(
        "data_digests",
        "of the images that the arm's trials were trained on: one, or they don't belong together",
        lambda t, r: " ".join(r.data_digests),
    ),
    Column("mlflow_run_ids", "of the arm's trials, by seed, separated by spaces", lambda t, r: " ".join(r.run_ids)),
    Column("what", "what an entry is that is no arm", lambda t, r: None, lambda t, e: e.what),
)
METRIC_COLUMNS = {
    "METRIC_mean": "mean over seeds of another metric of the same generators; METRIC is 'is', 'kid', ...",
    "METRIC_sd": "its standard deviation between seeds",
    "METRIC_error": "mean standard error of one measurement, of a metric that estimates it",
}
FACTOR_COLUMNS = {"factor_NAME": "value of a factor in the arm: 'off', or what it sets"}
_FACTORS_AFTER, _METRICS_AFTER, _GUARDS_AFTER = "kind", "seeds_needed", "reason"


def documented() -> dict[str, str]:
    """Every column in its place, with an example for factors and metrics."""
    meanings: dict[str, str] = {}
    for column in COLUMNS:
        meanings[column.name] = column.meaning
        meanings |= FACTOR_COLUMNS if column.name == _FACTORS_AFTER else {}
        meanings |= GUARD_COLUMNS if column.name == _GUARDS_AFTER else {}
        meanings |= METRIC_COLUMNS if column.name == _METRICS_AFTER else {}
    return meanings


def table_columns(leaderboard: Leaderboard) -> list[str]:
    """The names of this leaderboard's columns, in order."""
    factors = dict.fromkeys(FACTOR + name for t in leaderboard.tables for row in t.rows for name in row.factors)
    metrics = dict.fromkeys(metric for table in leaderboard.tables for metric in table.other_metrics)
    with_error = {
        metric
        for table in leaderboard.tables
        for row in table.rows
        for metric, cell in row.metrics.items()
        if not math.isnan(cell.error)
    }
    guarded = dict.fromkeys(metric for table in leaderboard.tables for metric in table.guards.margins)
    names: list[str] = []
    for name in documented():
        if name in FACTOR_COLUMNS:
            names += factors
        elif name in GUARD_COLUMNS:
            names += guard_names(name, guarded)
        elif name not in METRIC_COLUMNS:
            names.append(name)
        elif name == next(iter(METRIC_COLUMNS)):
            names += [
                f"{m}_{part}" for m in metrics for part in ("mean", "sd", "error") if part != "error" or m in with_error
            ]
    return names


def pooled_lines(across: Across) -> list[dict[str, Any]]:
    """A line for each effect over all blocks."""
    return [{column.name: column.pooled(across, effect) for column in COLUMNS} for effect in across.by_effect]


def lines_of(table: Table) -> list[Row | UnrankedEntry | ReportedEffect]:
    """All lines of a table: arms and what was scored elsewhere, the design's effects, explored arms, floors."""
    effects = table.effects.effects if table.effects.unit != ARM else ()
    return [*table.lines(), *effects, *table.explored, *table.floors]


def line_of(table: Table, line: Row | UnrankedEntry | ReportedEffect) -> dict[str, Any]:
    """A line as values by column, where it has them. None and NaN mean that there is no number."""
    if isinstance(line, ReportedEffect):
        return {column.name: column.effect(table, line) for column in COLUMNS} | guard_cells(table.guards.of(line.name))
    if isinstance(line, UnrankedEntry):
        cells: dict[str, Any] = {column.name: column.entry(table, line) for column in COLUMNS}
        return cells | {f"{m}_mean": score.value for m, score in line.scores.items() if m in table.other_metrics}
    cells = {column.name: column.cell(table, line) for column in COLUMNS}
    cells |= {FACTOR + name: text for name, text in line.factors.items()}
    if table.effects.unit == ARM and line.kind == "arm":
        cells |= guard_cells(table.guards.of(line.arm))
    for metric, cell in line.metrics.items():
        numbers = {"mean": cell.over_seeds.mean, "sd": cell.over_seeds.sd, "error": cell.error}
        cells |= {f"{metric}_{part}": number for part, number in numbers.items()}
    return cells
