"""The columns about guards in a leaderboard's files: one group for each metric that the study guards."""

from collections.abc import Iterable, Sequence

from ablations.leaderboard.guard_records import GuardStatement

EXAMPLE = "METRIC"
GUARD_COLUMNS = {
    "guard_METRIC": "whether the arm, or the effect, costs more of a guarded metric than the study accepts: hurts; "
    "within the margin; can't tell; same run. METRIC is 'recall', 'kid', ...",
    "guard_METRIC_margin": "the loss that is accepted, in the metric's own units",
    "guard_METRIC_difference": "mean over common seeds of METRIC(arm) - METRIC(baseline); of a factor, with it less "
    "without it",
    "guard_METRIC_ci_low": "the interval of that which decides: it allows for every look and every question",
    "guard_METRIC_ci_high": "its upper end",
}


def guard_names(column: str, metrics: Iterable[str]) -> list[str]:
    """The names that this column has for these metrics."""
    return [column.replace(EXAMPLE, metric) for metric in metrics]


def guard_cells(statements: Sequence[GuardStatement]) -> dict[str, str | float]:
    """The values by column, in the order of GUARD_COLUMNS."""
    cells: dict[str, str | float] = {}
    for one in statements:
        values = (one.finding, one.margin, one.shown.mean, one.shown.low, one.shown.high)
        cells |= zip(guard_names_of(one.metric), values, strict=True)
    return cells


def guard_names_of(metric: str) -> list[str]:
    """All columns of one metric."""
    return [column.replace(EXAMPLE, metric) for column in GUARD_COLUMNS]
