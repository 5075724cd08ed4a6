"""Every effect from look to look: one small panel each, with the interval that decides at each look."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ablations.report.figures.canvas import BAND, COLOURS, GREY, INK, MARKERS, Width, bare, panels, short
from ablations.report.figures.ticks import ratio_ticks
from ablations.report.sections.looks import EffectLooks, LookPoint, LooksCourse, State
from ablations.report.words import effect_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 1.7  # inches of a panel
LEAST = 1.3  # ratio: the axis reaches at least as far to both sides
FARTHEST = 1.5  # times as far as the last intervals: what goes further is cut there, and an arrow says so
HOPELESS: Mapping[State, tuple[str, str]] = MappingProxyType({"hopeless": (GREY, "X")})
UP, DOWN = 6, 7  # matplotlib's arrow heads


def draw_looks(course: LooksCourse, width: Width) -> "Figure":
    """Looks stand at equal distances, for their seeds grow by factors; all panels share both axes."""
    columns = min(width.columns, len(course.effects))
    figure, every = panels(width, -(-len(course.effects) // columns), columns, HEIGHT)
    low, high = _limits(course)
    is_log = course.rule.scale == "log"
    places = {seeds: place for place, seeds in enumerate(course.counts)}
    first = every[0]  # of all panels, for they share the axes
    first.set_xlim(-0.5, len(places) - 0.5)
    first.set_xticks(range(len(places)), [str(seeds) for seeds in course.counts])
    if is_log:
        first.set_yscale("log")
        ticks = ratio_ticks(low, high, 9)
        first.set_yticks(ticks, [effect_text(tick, course.rule) if tick != 1 else "0" for tick in ticks])
        first.set_yticks([], minor=True)
    first.set_ylim(low, high)
    for axes, effect in zip(every, course.effects, strict=False):
        axes.autoscale(enable=False)
        _draw(axes, effect, course, places, (low, high))
        name = axes.text(0.0, 1.03, short(effect.name, width.panel_letters), transform=axes.transAxes)
        name.set(va="bottom", color=_style(effect.points[-1].state)[0], fontweight="bold")
    for axes in every[len(course.effects) :]:
        axes.set_visible(False)
    for axes in every[max(0, len(course.effects) - columns) : len(course.effects)]:  # the lowest of each column
        axes.tick_params(labelbottom=True)
    height = figure.get_figheight()
    figure.text(0.5, 0.06 / height, "seeds at the look", ha="center", va="bottom")
    return figure


def _draw(
    axes: "Axes", effect: EffectLooks, course: LooksCourse, places: Mapping[int, int], limits: tuple[float, float]
) -> None:
    is_log, margin = course.rule.scale == "log", course.rule.margin
    bare(axes, "y")
    if is_log:
        axes.axhspan(1 / (1 + margin), 1 + margin, color=BAND, zorder=0, linewidth=0)
    axes.axhline(1 if is_log else 0, color=INK, linewidth=0.9, zorder=1)
    for point in effect.points:
        _point(axes, point, places[point.seeds], *limits)


def _point(axes: "Axes", point: LookPoint, place: int, low: float, high: float) -> None:
    colour, marker = _style(point.state)
    shown = point.shown
    if not math.isnan(shown.low):
        ends = [max(shown.low, low), min(shown.high, high)]
        axes.plot([place, place], ends, color=colour, linewidth=2, solid_capstyle="butt", zorder=3)
        for is_cut, edge, arrow in ((shown.low < low, low, DOWN), (shown.high > high, high, UP)):
            if is_cut:
                axes.plot([place], [edge], marker=arrow, color=colour, markersize=6, clip_on=False, zorder=4)
    middle = min(max(shown.mean, low), high)
    face = "white" if point.state == "can't tell" else colour
    axes.plot([place], [middle], marker, color=face, markeredgecolor=colour, markersize=7, zorder=5)


def _style(state: State) -> tuple[str, str]:
    """Colour and marker."""
    return HOPELESS[state] if state == "hopeless" else (COLOURS[state], MARKERS[state])


def _limits(course: LooksCourse) -> tuple[float, float]:
    """The last interval of each effect fits; early ones, which are much wider, need not."""
    shown = [[point.shown for point in effect.points] for effect in course.effects]
    last = [points[-1] for points in shown]
    every = [end for points in shown for one in points for end in (one.low, one.high, one.mean) if math.isfinite(end)]
    needed = [end for one in last for end in (one.low, one.high, one.mean) if math.isfinite(end)]
    if course.rule.scale == "plain":
        most = max((abs(end) for end in needed), default=1.0) * FARTHEST or 1.0
        size = 1.1 * min(most, max((abs(end) for end in every), default=1.0)) or 1.0
        return -size, size
    logs = [math.log(end) for end in needed if end > 0]
    most = max([math.log(LEAST), *(abs(end) for end in logs)]) * FARTHEST
    all_logs = [math.log(end) for end in every if end > 0]
    low = max(-most, min([-math.log(LEAST), *all_logs]))
    high = min(most, max([math.log(LEAST), *all_logs]))
    return math.exp(low - 0.05), math.exp(high + 0.05)
