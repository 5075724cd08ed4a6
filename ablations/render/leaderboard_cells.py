"""A leaderboard's table as text, cell by cell: what the terminal and Markdown show. The numbers are all in files."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ablations.evaluation_share import says_share
from ablations.leaderboard import NO_SCORES, Entry, Row, Table
from ablations.render.console import number
from ablations.statistics import Estimate
from ablations.summary import Of
from gan_core.evaluation.metric_names import BETTER

HEALTHY = "healthy"
WORDS = {"can't tell": "unclear"}  # what became of a run is no verdict on its arm
ARROWS = {"lower": "↓", "higher": "↑"}
MOST_EXPLORED = 10  # lines; all are in the files
LUDICROUS = 100  # a ratio
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
    headings = ["#", "arm", "seeds", "FID", _other(table), f"vs {_reference(table)}", "verdict"]
    headings += [_heading(metric) for metric in table.other_metrics]
    headings += ["runs"] * amiss + ["inert: never acted"] * inert
    rows = [
        (
            *(_entry(table, line) if isinstance(line, Entry) else _arm(table, line)),
            *([_unhealthy(line) if isinstance(line, Row) else ""] * amiss),
            *([", ".join(line.inert) if isinstance(line, Row) else ""] * inert),
        )
        for line in table.lines()
    ]
    floors = [(*_arm(table, row), *[""] * (amiss + inert)) for row in table.explored[:MOST_EXPLORED]]
    floors += [(*_entry(table, floor), *[""] * (amiss + inert)) for floor in table.floors]
    return Drawn(_title(table), tuple(headings), tuple(rows), tuple(floors), tuple(_notes(table)))


def _title(table: Table) -> str:
    if table.score == NO_SCORES:
        return f"{table.study}: {NO_SCORES}"
    return f"{table.study}: {f'{table.score}, lower is better' if table.score else 'no trial has a score yet'}"


def _other(table: Table) -> Of:
    """The generators that it is not ranked by."""
    return "last" if table.ranked_by == "best" else "best"


def _reference(table: Table) -> str:
    """The arm that the others are compared with; of a design with another one than the baseline, by its name."""
    return next((row.arm for row in table.rows if row.is_baseline), "baseline")


def _verdict(table: Table, row: Row) -> str:
    if row.is_baseline:
        return "reference" if row.arm != row.verdict else row.verdict
    return (
        f"no difference larger than {100 * table.rule.margin:.0f} %" if row.verdict == "no difference" else row.verdict
    )


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


def _entry(table: Table, entry: Entry) -> list[str]:
    name = entry.name + MARK * (entry.kind == "elsewhere")
    if not entry.same_protocol:
        name += f" ({entry.scores['fid'].name})"
    scores = [entry.scores.get(metric) for metric in table.other_metrics]
    values = ["" if s is None else _measured(s.value, math.nan if s.error is None else s.error) for s in scores]
    return ["" if entry.rank is None else str(entry.rank), name, "", number(entry.fid), "", "", "", *values]


def _seeds(row: Row) -> str:
    """'3', or '3, 2/5 diverged'."""
    lost = ((row.seeds_diverged, "diverged"), (row.seeds_failed, "failed"), (row.seeds_pruned, "pruned"))
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
    if row.comparison is None:
        return ""
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


def percent(ratio: float) -> str:
    """A ratio as a change: '-12', '+3.4'; '' where there is no number."""
    change = 100 * (ratio - 1)
    return "" if math.isnan(change) else f"{change:+.1f}" if abs(change) < 10 else f"{change:+.0f}"


def _measured(value: float, error: float) -> str:
    text = f"{value:.2g}" if 0 < abs(value) < 0.1 else number(value)
    return text if math.isnan(error) else f"{text} ± {error:.1g}"


def _heading(metric: str) -> str:
    """'IS ↑'; a metric that this version does not know keeps its name."""
    label = metric.upper() if len(metric) <= 3 else metric
    return f"{label} {ARROWS[BETTER[metric]]}" if metric in BETTER else label


def _notes(table: Table) -> Iterator[str]:
    if table.score == NO_SCORES:
        yield "extractor: none, as the study says; nothing is ranked"
    if not table.stamps:
        return
    yield (
        f"ranked by the mean over seeds of the FID of each run's {table.ranked_by} generator, ± {_confidence(table)} "
        f"interval; "
        f"{_other(table)}: mean of the {_other(table)} generators"
    )
    if any(row.comparison is not None for row in table.rows):
        yield (
            f"vs {_reference(table)}: FID paired by seed, {_confidence(table)} interval; verdicts: Holm over the "
            f"table's arms at {100 * table.rule.alpha:.0f} %, see docs/statistics.md"
        )
        yield from _could_show(table)
    yield from _explored(table)
    for entry in table.elsewhere:
        yield f"* {entry.name}: not trained here, one measurement ({entry.what})"
    for entry in table.floors:
        yield f"{entry.name}: {entry.what}; to place a number, not ranked"
    yield f"protocol {table.protocol}"
    if table.mixed:
        yield f"{', '.join(table.mixed)}: left out, for these runs measured it under several protocols"
    if share := says_share(table.evaluation_share):
        yield share


def _explored(table: Table) -> Iterator[str]:
    if not table.explored:
        return
    more = len(table.explored) - MOST_EXPLORED
    yield (
        "explored: what the search tried, by other seeds than the ranked arms; it chose by these numbers, so they are "
        f"too good, and never ranked{f'; {more} more are in the files' if more > 0 else ''}"
    )
    known = [expected for expected in table.expected if math.isfinite(expected.best)]
    if shown := [expected for expected in known if expected.k in (1, 2, 5, 10, 20, 50, 100, 200, 500, len(known))]:
        words = ", ".join(f"{number(expected.best)} of {expected.k}" for expected in shown)
        yield f"best FID to expect of so many explored trials: {words}; where the sampler learns, of what it tried"


def _confidence(table: Table) -> str:
    return f"{100 * table.rule.confidence:g} %"


def _could_show(table: Table) -> Iterator[str]:
    ratios = [row.comparison.detectable for row in table.rows if row.comparison is not None]
    finite = sorted(ratio for ratio in ratios if math.isfinite(ratio))
    if finite and table.rule.scale == "log":
        low, high = (_least(ratio) for ratio in (finite[0], finite[-1]))
        least = low if low == high else f"{low} to {high}, by arm"
        yield f"smallest difference that these seeds would most likely have shown: {least}"


def _least(ratio: float) -> str:
    """'+12 %', up to where a percentage says no more."""
    return f"{percent(ratio)} %" if ratio < LUDICROUS else f"more than {LUDICROUS} times as much"
