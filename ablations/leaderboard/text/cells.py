"""A leaderboard's table as text, cell by cell: what the terminal and Markdown show. The numbers are all in files."""

import math
from dataclasses import dataclass

from ablations.leaderboard import NO_SCORES, Row, Table, UnrankedEntry
from ablations.leaderboard.effect_records import ARM
from ablations.leaderboard.guard_records import with_costs
from ablations.leaderboard.looks import LooksState
from ablations.leaderboard.text.notes import MOST_EXPLORED, notes_of, other_generators, reference_of
from ablations.leaderboard.text.numbers import number, percent
from ablations.statistics import Estimate, Judged
from gan_core.evaluation.names import BETTER

HEALTHY = "healthy"
WORDS = {"can't tell": "unclear"}  # the outcome of a run is no verdict on its arm
ARROWS = {"lower": "↓", "higher": "↑"}
MARK = " *"  # of what was not trained here


@dataclass(frozen=True)
class Drawn:
    """The table in words. `floors` have as many cells as `rows`; `notes` stand below."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    floors: tuple[tuple[str, ...], ...]  # and before them what was explored
    notes: tuple[str, ...]


def drawn(table: Table) -> Drawn:
    """The table's lines in the order of their ranks; columns about runs and doses only where something is amiss."""
    amiss = any(_unhealthy(row) for row in table.rows)
    inert = any(row.inert for row in table.rows)
    headings = ["#", "arm", "seeds", "FID", other_generators(table), f"vs {reference_of(table)}", "verdict"]
    headings += [_heading(metric) for metric in table.other_metrics]
    headings += ["runs"] * amiss + ["inert: never acted"] * inert
    rows = [
        (
            *(_entry(table, line) if isinstance(line, UnrankedEntry) else _arm(table, line)),
            *([_unhealthy(line) if isinstance(line, Row) else ""] * amiss),
            *([", ".join(line.inert) if isinstance(line, Row) else ""] * inert),
        )
        for line in table.lines()
    ]
    floors = [(*_arm(table, row), *[""] * (amiss + inert)) for row in table.explored[:MOST_EXPLORED]]
    floors += [(*_entry(table, floor), *[""] * (amiss + inert)) for floor in table.floors]
    return Drawn(_title(table), tuple(headings), tuple(rows), tuple(floors), tuple(notes_of(table)))


def _title(table: Table) -> str:
    if table.score == NO_SCORES:
        return f"{table.title}: {NO_SCORES}"
    return f"{table.title}: {f'{table.score}, lower is better' if table.score else 'no trial has a score yet'}"


def _verdict(table: Table, row: Row) -> str:
    if row.is_baseline:
        return "reference" if row.arm != row.verdict else row.verdict
    said = f"no difference larger than {table.rule.margin_percent}" if row.verdict == "no difference" else row.verdict
    if table.effects.unit == ARM:
        said = with_costs(said, table.guards.hurt_by(row.arm))
    return said if row.comparison is None else said + where_it_stands(row.comparison.judged, table.looks)


def where_it_stands(judged: Judged, state: LooksState) -> str:
    """' (look 2, 8 seeds)', ' (stopped: hopeless by 20)'; '' before the first look, and where that is the only one."""
    if judged.last is None or judged.last.verdict.finding == "same run" or not state.are_shown:
        return ""
    if judged.state == "hopeless":
        return f" (stopped: hopeless by {state.looks.counts[-1]})"
    return f" (look {judged.last.look}, {judged.last.seeds} seeds)"


def _arm(table: Table, row: Row) -> list[str]:
    return [
        "" if row.rank is None else str(row.rank),
        row.arm,
        _seeds(row),
        _estimate(row.fid),
        number(row.fid_last_mean if table.ranked_by == "best" else row.fid_best_mean),
        _against_baseline(table, row),
        _verdict(table, row),
        *(_measured(row.metrics[metric].over_seeds.mean, row.metrics[metric].error) for metric in table.other_metrics),
    ]


def _entry(table: Table, entry: UnrankedEntry) -> list[str]:
    name = entry.name + MARK * (entry.kind == "elsewhere")
    if not entry.same_protocol:
        name += f" ({entry.scores['fid'].name})"
    scores = [entry.scores.get(metric) for metric in table.other_metrics]
    values = ["" if s is None else _measured(s.value, math.nan if s.error is None else s.error) for s in scores]
    return ["" if entry.rank is None else str(entry.rank), name, "", number(entry.fid), "", "", "", *values]


def _alone(table: Table, against: float | None) -> str:
    """'-12 %', where the verdicts are on something else than arm and baseline."""
    if against is None or math.isnan(against):
        return ""
    return number(against, signed=True) if table.rule.scale == "plain" else f"{percent(against)} %"


def _seeds(row: Row) -> str:
    """'3', or '3, 2/5 diverged'."""
    lost = (
        (row.seeds_diverged, "diverged"),
        (row.seeds_failed, "failed"),
        (row.seeds_pruned, "pruned"),
        (row.seeds_not_finite, "FID not finite"),
    )
    return ", ".join([str(row.seeds_finished), *(f"{n}/{row.seeds_ended} {word}" for n, word in lost if n)])


def _unhealthy(row: Row) -> str:
    """'1 oscillating'; runs that met NaN stand with the seeds already."""
    counts = {WORDS.get(kind, kind): n for kind, n in row.run_verdicts.items() if kind != HEALTHY}
    counts["diverged"] = counts.get("diverged", 0) - row.seeds_diverged
    return ", ".join(f"{n} {kind}" for kind, n in counts.items() if n > 0)


def _estimate(value: Estimate) -> str:
    """'24.1 ± 1.90'; the mean alone where there is no interval; '' where there is no mean."""
    mean = number(value.mean)
    return mean if math.isnan(value.low) else f"{mean} ± {number(value.high - value.mean)}"


def _against_baseline(table: Table, row: Row) -> str:
    """'-12 % [-20, -3]', or a difference where the rule compares on the plain scale."""
    if row.verdict == "same run":
        return ""
    if row.comparison is None:
        return _alone(table, row.against)
    shown = row.comparison.shown
    if table.rule.scale == "plain":
        values = [number(value, signed=True) for value in (shown.mean, shown.low, shown.high)]
        unit = ""
    else:
        values = [percent(value) for value in (shown.mean, shown.low, shown.high)]
        unit = " %"
    if math.isnan(shown.mean):
        return ""
    return values[0] + unit + ("" if math.isnan(shown.low) else f" [{values[1]}, {values[2]}]")


def _measured(value: float, error: float) -> str:
    text = f"{value:.2g}" if 0 < abs(value) < 0.1 else number(value)
    return text if math.isnan(error) else f"{text} ± {error:.1g}"


def _heading(metric: str) -> str:
    """'IS ↑'; a metric that this version does not know keeps its name."""
    label = metric.upper() if len(metric) <= 3 else metric
    return f"{label} {ARROWS[BETTER[metric]]}" if metric in BETTER else label
