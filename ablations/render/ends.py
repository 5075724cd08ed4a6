"""How a trial ended, in words."""

from ablations.executors.report import Report
from ablations.render.console import duration
from gan_core.events import Finished


def end_of(report: Report) -> str:
    """'finished after 7 s', 'failed (OSError: ...) after 7 s', 'stopped'...; '' for a report of anything else."""
    event = report.event
    if event is None:
        return report.left
    if not isinstance(event, Finished):
        return ""
    return f"{event.status}{f' ({event.reason})' if event.reason else ''} after {duration(event.wall_s)}"
