"""FID on the way: one small panel an arm, always beside the reference, against images or against seconds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ablations.report.curves import Curve, Point
from ablations.report.figures.canvas import BLUE, GREY, Width, bare, new_figure, short
from ablations.report.figures.ticks import log_ticks
from ablations.report.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 8
Against = Literal["kimg", "seconds"]
LABELS: dict[Against, str] = {"kimg": "thousands of images", "seconds": "wall seconds"}


def draw_curves(curves: Sequence[Curve], against: Against, width: Width) -> "Figure":
    """The first curve is the reference's: in each panel grey and dashed, behind that of the panel's own arm."""
    reference, *arms = curves
    arms = arms[:MOST_PANELS] or [reference]
    columns = min(width.columns, len(arms))
    rows = -(-len(arms) // columns)
    figure = new_figure(width, 0.55 + 1.55 * rows)
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes, curve in zip(panels, arms, strict=False):
        axes.set_yscale("log")
        _draw(axes, reference, against, GREY, "--")
        if curve is not reference:
            _draw(axes, curve, against, BLUE, "-")
        axes.set_title(short(curve.arm, width.panel_letters), loc="left", color=BLUE, fontweight="bold")
        bare(axes, "both")
    for axes in panels[len(arms) :]:
        axes.set_visible(False)
    shown = [point for curve in (reference, *arms) for point in curve.points]
    low, high = min(point.low for point in shown) / 1.05, max(point.high for point in shown) * 1.05
    ticks = [tick for tick in log_ticks(low, high, 3) if low <= tick <= high]
    panels[0].set_ylim(low, high)
    panels[0].set_yticks(ticks, [number(tick) for tick in ticks])
    panels[0].set_yticks([], minor=True)
    panels[0].set_xlim(left=0)
    figure.supxlabel(LABELS[against], fontsize=8.5)
    figure.supylabel(reference.score, fontsize=8.5)
    return figure


def _draw(axes: "Axes", curve: Curve, against: Against, colour: str, style: str) -> None:
    """The mean with its band; dotted from where not all seeds have come so far."""
    points = curve.points
    xs = [_place(point, against) for point in points]
    axes.fill_between(
        xs, [p.low for p in points], [p.high for p in points], color=colour, alpha=0.18, linewidth=0, zorder=1
    )
    whole = sum(point.seeds == curve.seeds for point in points)
    fids = [point.fid for point in points]
    axes.plot(xs[:whole], fids[:whole], style, color=colour, linewidth=1.5, zorder=3)
    if whole < len(points):
        axes.plot(xs[max(0, whole - 1) :], fids[max(0, whole - 1) :], ":", color=colour, linewidth=1.5, zorder=3)
    if len(points) == 1:
        axes.plot(xs, fids, "o", color=colour, markersize=4, zorder=3)


def _place(point: Point, against: Against) -> float:
    return point.kimg if against == "kimg" else point.seconds
