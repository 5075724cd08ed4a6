"""The forest plot: each effect or claim with its interval, every seed's own as a stroke, and the margin as a band."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ablations.report.figures.canvas import (
    BAND,
    COLOURS,
    FAINT,
    GREY,
    INK,
    MARKERS,
    Width,
    bare,
    rows,
)
from ablations.report.figures.ticks import ratio_ticks
from ablations.report.sections.forest_lines import Line
from ablations.report.words import effect_text, interval
from ablations.statistics import Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDEST = 30.0  # ratio: an interval that goes further is cut there, and an arrow says so
LEAST = 1.3
WORDS = 2.75  # inches, of numbers and answer next to the plot


def draw_forest(lines: Sequence[Line], rule: Rule, ends: tuple[str, str], width: Width) -> "Figure":
    """The first line on top; ratios on a logarithmic axis, differences on a linear one.

    `ends`: the meaning of the two ends.
    """
    row, words = (0.46, 0.0) if width.is_narrow else (0.34, WORDS)
    figure, axes = rows(width, [line.name for line in lines], row, beside=words)
    is_log = rule.scale == "log"
    low, high = _limits(lines, rule)
    axes.set_xlim(low, high)
    margin = rule.margin
    if is_log:
        axes.set_xscale("log")
        ticks = ratio_ticks(low, high, 5 if width.is_narrow else 9)
        axes.set_xticks(ticks, [effect_text(tick, rule) if tick != 1 else "0" for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.axvspan(1 / (1 + margin), 1 + margin, color=BAND, zorder=0, linewidth=0)
    axes.axvline(1 if is_log else 0, color=INK, linewidth=0.9, zorder=1)
    for place, line in enumerate(lines):
        _draw(axes, line, place, low, high)
    bare(axes, "x")
    for x, side, end in ((0, "left", f"← {ends[0]}"), (1, "right", f"{ends[1]} →")):
        axes.annotate(end, (x, 0), (0, -17), "axes fraction", "offset points", ha=side, va="top")
    _texts(axes, lines, rule, 0.0 if width.is_narrow else axes.get_position().width * width.inches)
    return figure


def _draw(axes: "Axes", line: Line, place: int, low: float, high: float) -> None:
    estimate, colour = line.shown, COLOURS[line.answer]
    if math.isnan(estimate.mean):
        middle = math.sqrt(low * high) if low > 0 else (low + high) / 2
        axes.text(middle, place, "no number", ha="center", va="center", color=GREY, fontstyle="italic", fontsize=7.5)
        return
    seeds = [min(max(value, low), high) for value in line.by_seed.values()]
    axes.plot(seeds, [place] * len(seeds), "|", color=colour, markersize=7, alpha=0.55, markeredgewidth=1, zorder=2)
    if not math.isnan(estimate.low):
        left, right = max(estimate.low, low), min(estimate.high, high)
        axes.plot([left, right], [place, place], color=colour, linewidth=2, solid_capstyle="butt", zorder=3)
        for cut, edge, marker in ((estimate.low < low, low, 4), (estimate.high > high, high, 5)):
            if cut:
                axes.plot([edge], [place], marker=marker, color=colour, markersize=6, clip_on=False, zorder=4)
    mean = min(max(estimate.mean, low), high)
    axes.plot(
        [mean],
        [place],
        MARKERS[line.answer],
        color=colour if line.answer != "can't tell" else "white",
        markeredgecolor=colour,
        markersize=7,
        zorder=5,
    )


def _texts(axes: "Axes", lines: Sequence[Line], rule: Rule, across: float) -> None:
    """Numbers and answer: next to each line (where the axes are `across` inches wide), or above it where that is 0."""
    transform = axes.get_yaxis_transform()
    for place, line in enumerate(lines):
        mean, bracket = effect_text(line.shown.mean, rule), interval(line.shown, rule)
        colour = COLOURS[line.answer]
        if not across:
            text = axes.text(0.0, place - 0.33, f"{mean} {bracket} {line.answer}", transform=transform)
            text.set(color=colour, fontsize=7, va="center", zorder=6)
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.6})
        else:
            for inches, words, side, weight, ink in (
                (0.6, mean, "right", "bold", INK),
                (1.78, bracket, "right", "normal", INK),
                (1.86, line.answer, "left", "normal", colour),
            ):
                text = axes.text(1 + inches / across, place, words, transform=transform, va="center", ha=side)
                text.set(fontsize=8, fontweight=weight, color=ink)
        if place:
            axes.axhline(place - 0.5, color=FAINT, linewidth=0.5, zorder=0)


def _limits(lines: Sequence[Line], rule: Rule) -> tuple[float, float]:
    """The limits of the axis: everything that is drawn, but no wider than WIDEST to a side."""
    ends = [(e.shown.low, e.shown.mean, e.shown.high, *e.by_seed.values()) for e in lines]
    numbers = [value for values in ends for value in values if math.isfinite(value)]
    if rule.scale == "plain":
        size = 1.1 * max((abs(value) for value in numbers), default=1.0)
        return -size or -1.0, size or 1.0
    low = min((value for value in numbers if value > 0), default=1.0)
    low, high = min(low, 1 / LEAST), max([*numbers, LEAST])
    return max(low / 1.06, 1 / WIDEST), min(high * 1.06, WIDEST)
