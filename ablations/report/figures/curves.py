"""FID on the way: one small panel an arm, always next to the reference, against images or against seconds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ablations.report.figures.canvas import BLUE, GREY, Width, bare, panels, short
from ablations.report.figures.ticks import linear_ticks, log_ticks
from ablations.report.sections.curves import Curve, CurvePoint
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
    figure, every = panels(width, rows, columns)
    shown = [point for curve in (reference, *arms) for point in curve.points]
    _number_y(every[0], min(point.low for point in shown) / 1.05, max(point.high for point in shown) * 1.05)
    _number_x(every[0], [_place(point, against) for point in shown], 4 if columns > 2 or width.is_narrow else 7)
    for axes, curve in zip(every, arms, strict=False):
        axes.autoscale(enable=False)  # the limits are known: to look for them takes a while
        _draw(axes, reference, against, GREY, "--")
        if curve is not reference:
            _draw(axes, curve, against, BLUE, "-")
        name = short(curve.arm, width.panel_letters)
        text = axes.text(0.0, 1.03, name, transform=axes.transAxes)  # no title, whose place takes long to find
        text.set(va="bottom", color=BLUE, fontweight="bold")
        bare(axes, "both")
    for axes in every[len(arms) :]:
        axes.set_visible(False)
    for axes in every[max(0, len(arms) - columns) : len(arms)]:  # the lowest of each column
        axes.tick_params(labelbottom=True)
    height = figure.get_figheight()
    figure.text(0.5, 0.06 / height, LABELS[against], ha="center", va="bottom")
    figure.text(0.06 / width.inches, 0.5, reference.score, rotation=90, ha="left", va="center")
    return figure


def _number_y(axes: "Axes", low: float, high: float) -> None:
    axes.set_yscale("log")  # of all panels, for they share it
    axes.set_ylim(low, high)
    ticks = log_ticks(low, high, 3)
    axes.set_yticks(ticks, [number(tick) for tick in ticks])
    axes.set_yticks([], minor=True)


def _number_x(axes: "Axes", places: Sequence[float], most: int) -> None:
    """Number the axis from 0, with few numbers: those of neighbouring panels must not touch."""
    furthest = max(places)
    ticks = linear_ticks(furthest, most) if furthest > 0 else [0.0]
    axes.set_xlim(0, furthest * 1.04 or 1)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


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


def _place(point: CurvePoint, against: Against) -> float:
    return point.kimg if against == "kimg" else point.seconds
