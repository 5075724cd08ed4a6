"""The best FID to expect of k explored trials, with its interval, and the reference as a line."""

import math
from typing import TYPE_CHECKING

from ablations.report.figures.canvas import BLUE, GREY, Width, bare, new_figure, short
from ablations.report.figures.ticks import linear_ticks, log_ticks
from ablations.report.sections.expected_best import Expected
from ablations.report.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MANY = 30  # trials from which the axis is logarithmic
HEIGHT = 2.7  # inches


def draw_expected(expected: Expected, width: Width) -> "Figure":
    """A step for each trial, since nothing lies between two of them."""
    figure = new_figure(width, HEIGHT)
    axes: Axes = figure.subplots()
    points = expected.points
    ks = [point.k for point in points]
    known = [point for point in points if math.isfinite(point.low)]
    axes.set_yscale("log")
    if ks[-1] > MANY:
        axes.set_xscale("log")
        ticks = [tick for tick in log_ticks(ks[0], ks[-1], 6) if tick == round(tick)]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
    else:
        axes.set_xticks([tick for tick in linear_ticks(ks[-1], 9) if tick == round(tick) and tick > 0])
    axes.fill_between(
        [p.k for p in known], [p.low for p in known], [p.high for p in known], color=BLUE, alpha=0.18, linewidth=0
    )
    axes.plot(ks, [p.best for p in points], "-o", color=BLUE, linewidth=1.5, markersize=3.5 if len(ks) <= MANY else 0)
    shown = [value for p in points for value in (p.low, p.best, p.high) if math.isfinite(value)]
    if math.isfinite(expected.reference):
        shown.append(expected.reference)
        axes.axhline(expected.reference, color=GREY, linewidth=1.2, linestyle="--")
        name = short(expected.reference_name, width.letters)
        text = axes.text(1, expected.reference, f"{name}, confirmed", transform=axes.get_yaxis_transform())
        text.set(ha="right", va="bottom", fontsize=7.5, color=GREY)
    low, high = min(shown) / 1.08, max(shown) * 1.12
    ticks = log_ticks(low, high, 4)
    axes.set_ylim(low, high)
    axes.set_yticks(ticks, [number(tick) for tick in ticks])
    axes.set_yticks([], minor=True)
    bare(axes, "both")
    axes.set_xlabel("explored trials")
    axes.set_ylabel(expected.score)
    return figure
