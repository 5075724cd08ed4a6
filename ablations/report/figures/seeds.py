"""Every seed as a dot, by arm, with the mean over seeds and its interval."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ablations.report.figures.canvas import BLUE, FAINT, GREY, INK, ORANGE, Width, bare, rows
from ablations.report.figures.ticks import log_ticks
from ablations.report.sections.seeds import ArmSeeds
from ablations.report.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_seeds(arms: Sequence[ArmSeeds], score: str, width: Width) -> "Figure":
    """One line an arm, the best on top, on a logarithmic axis; next to it the outcome of the seeds without a dot."""
    bold = [place for place, arm in enumerate(arms) if arm.is_reference]
    figure, axes = rows(width, [arm.arm for arm in arms], 0.31, bold=bold)
    fids = [fid for arm in arms for fid in arm.fids.values() if fid > 0]
    low, high = (min(fids) / 1.08, max(fids) * 1.08) if fids else (0.9, 1.1)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    for place, arm in enumerate(arms):
        _draw(axes, arm, place, low, high)
    ticks = [tick for tick in log_ticks(low, high) if low <= tick <= high]
    axes.set_xticks(ticks, [number(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    bare(axes, "x")
    axes.set_xlabel(f"{score}, lower is better", loc="right" if width.is_narrow else "center")
    return figure


def _draw(axes: "Axes", arm: ArmSeeds, place: int, low: float, high: float) -> None:
    colour = GREY if arm.is_reference else BLUE
    axes.axhline(place, color=FAINT, linewidth=0.5, zorder=0)
    if not math.isnan(arm.mean.low):
        ends = [max(arm.mean.low, low), min(arm.mean.high, high)]
        axes.plot(ends, [place, place], color=colour, linewidth=6, alpha=0.22, solid_capstyle="butt", zorder=1)
    dots = [fid for fid in arm.fids.values() if fid > 0]
    axes.plot(dots, [place] * len(dots), "o", color=colour, markersize=5, alpha=0.75, markeredgewidth=0, zorder=3)
    if not math.isnan(arm.mean.mean):
        axes.plot([arm.mean.mean], [place], "|", color=INK, markersize=13, markeredgewidth=1.6, zorder=4)
    if arm.lost:
        transform = axes.get_yaxis_transform()
        text = axes.text(1.0, place - 0.06, f"× {arm.lost}", transform=transform)
        text.set(ha="right", va="bottom", fontsize=7, color=ORANGE)
