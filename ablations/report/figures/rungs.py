"""A ladder from the bottom up: the path of every seed, and the mean of each rung."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ablations.report.figures.canvas import BLUE, FAINT, GREY, INK, Width, bare, rows
from ablations.report.figures.ticks import log_ticks
from ablations.report.sections.ladder import Rung
from ablations.report.words import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_rungs(rungs: Sequence[Rung], score: str, width: Width) -> "Figure":
    """One line a rung, the bottom rung lowest, on a logarithmic axis; thin lines join the runs of one seed."""
    figure, axes = rows(width, [rung.arm for rung in rungs], 0.4)
    axes.invert_yaxis()
    fids = [fid for rung in rungs for fid in rung.fids.values() if fid > 0]
    low, high = (min(fids) / 1.08, max(fids) * 1.08) if fids else (0.9, 1.1)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for seed in sorted({seed for rung in rungs for seed in rung.fids}):
        way = [rung.fids.get(seed, math.nan) for rung in rungs]
        axes.plot(way, range(len(rungs)), "-o", color=GREY, alpha=0.5, linewidth=0.8, markersize=3, zorder=2)
    means = [rung.mean.mean for rung in rungs]
    axes.plot(means, range(len(rungs)), "-", color=BLUE, linewidth=1.8, zorder=3)
    axes.plot(means, range(len(rungs)), "|", color=INK, markersize=15, markeredgewidth=2, zorder=4)
    for place in range(len(rungs)):
        axes.axhline(place, color=FAINT, linewidth=0.5, zorder=0)
    ticks = log_ticks(low, high)
    axes.set_xticks(ticks, [number(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    bare(axes, "x")
    axes.set_xlabel(f"{score}, lower is better", loc="right" if width.is_narrow else "center")
    return figure
