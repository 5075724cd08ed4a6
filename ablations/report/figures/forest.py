"""The forest plot: each effect with its interval, every seed's own as a dot, and the margin as a band."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ablations.report.effects import Effect, Effects
from ablations.report.figures.canvas import COLOURS, FAINT, GREY, INK, MARKERS, Width, bare, new_figure, short
from ablations.report.figures.ticks import ratio_ticks
from ablations.report.words import effect_text, interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDEST = 30.0  # ratio: an interval that goes further is cut there, and an arrow says so
LEAST = 1.3


def draw_forest(effects: Effects, shown: Sequence[Effect], width: Width) -> "Figure":
    """One line an effect, the first on top; ratios on a logarithmic axis, differences on a plain one."""
    tall = 2 if width.is_narrow else 1
    figure = new_figure(width, 1.0 + len(shown) * (0.46 if tall == 2 else 0.34))
    axes, beside = _axes(figure, width)
    is_log = effects.rule.scale == "log"
    low, high = _limits(effects, shown)
    axes.set_xlim(low, high)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    margin = effects.rule.margin
    if is_log:
        axes.set_xscale("log")
        ticks = ratio_ticks(low, high, 5 if width.is_narrow else 9)
        axes.set_xticks(ticks, [effect_text(tick, effects.rule) if tick != 1 else "0" for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.axvspan(1 / (1 + margin), 1 + margin, color="#EEF1F4", zorder=0, linewidth=0)
    axes.axvline(1 if is_log else 0, color=INK, linewidth=0.9, zorder=1)
    for place, effect in enumerate(shown):
        _draw(axes, effect, place, low, high)
    axes.set_yticks(range(len(shown)), [short(effect.name, width.letters) for effect in shown])
    bare(axes, "x")
    if is_log:
        axes.set_xlabel("← FID lower", loc="left")
        axes.annotate("FID higher →", (1, 0), (0, -17), "axes fraction", "offset points", ha="right", va="top")
    else:
        axes.set_xlabel("difference")
    _texts(axes, beside, effects, shown)
    return figure


def _draw(axes: "Axes", effect: Effect, place: int, low: float, high: float) -> None:
    estimate, colour = effect.shown, COLOURS[effect.finding]
    if math.isnan(estimate.mean):
        middle = math.sqrt(low * high) if low > 0 else (low + high) / 2
        axes.text(middle, place, "no number", ha="center", va="center", color=GREY, fontstyle="italic", fontsize=7.5)
        return
    seeds = [min(max(value, low), high) for value in effect.by_seed.values()]
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
        MARKERS[effect.finding],
        color=colour if effect.finding != "can't tell" else "white",
        markeredgecolor=colour,
        markersize=7,
        zorder=5,
    )


def _axes(figure: "Figure", width: Width) -> tuple["Axes", "Axes | None"]:
    """The plot, and beside it an empty space for words where the figure is wide."""
    if width.is_narrow:
        return figure.subplots(), None
    left, right = figure.subplots(1, 2, width_ratios=(1, 0.46), sharey=True)
    right.set_axis_off()
    return left, right


def _texts(axes: "Axes", beside: "Axes | None", effects: Effects, shown: Sequence[Effect]) -> None:
    """Numbers and finding: beside each line, or above it where there is no room for that."""
    for place, effect in enumerate(shown):
        mean, bracket = effect_text(effect.shown.mean, effects.rule), interval(effect.shown, effects.rule)
        colour = COLOURS[effect.finding]
        if beside is None:
            text = axes.text(
                0.0, place - 0.33, f"{mean} {bracket} {effect.finding}", transform=axes.get_yaxis_transform()
            )
            text.set(color=colour, fontsize=7, va="center", zorder=6)
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.6})
        else:
            transform = beside.get_yaxis_transform()
            for x, words, weight in ((0.20, mean, "bold"), (0.66, bracket, "normal")):
                beside.text(
                    x, place, words, transform=transform, va="center", ha="right", fontsize=8, fontweight=weight
                )
            beside.text(0.70, place, effect.finding, transform=transform, va="center", fontsize=8, color=colour)
        if place:
            axes.axhline(place - 0.5, color=FAINT, linewidth=0.5, zorder=0)


def _limits(effects: Effects, shown: Sequence[Effect]) -> tuple[float, float]:
    """Of the axis: everything that is drawn, but no wider than WIDEST to a side."""
    ends = [(e.shown.low, e.shown.mean, e.shown.high, *e.by_seed.values()) for e in shown]
    numbers = [value for values in ends for value in values if math.isfinite(value)]
    if effects.rule.scale == "plain":
        size = 1.1 * max((abs(value) for value in numbers), default=1.0)
        return -size or -1.0, size or 1.0
    low = min((value for value in numbers if value > 0), default=1.0)
    low, high = min(low, 1 / LEAST), max([*numbers, LEAST])
    return max(low / 1.06, 1 / WIDEST), min(high * 1.06, WIDEST)
