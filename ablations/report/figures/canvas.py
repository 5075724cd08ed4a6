"""A figure to draw on, its colours, and its files. Colours for colour-blind readers, and never a colour alone."""

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from ablations.leaderboard.claims.records import Outcome
from ablations.statistics import Finding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Blue and orange after Okabe and Ito; green and grey are apart by lightness too, as colour-blind readers need it.
BLUE, ORANGE, GREEN, GREY, INK, FAINT = "#0072B2", "#C04C00", "#004D33", "#707070", "#1F2328", "#D8DCE0"
BAND, FRAME = "#EEF1F4", "#9AA0A6"
Answer = Finding | Outcome  # of a comparison, or of a claim
COLOURS: Mapping[Answer, str] = MappingProxyType(
    {
        "helps": BLUE,
        "hurts": ORANGE,
        "no difference": GREEN,
        "supported": BLUE,
        "refuted": ORANGE,
        "can't tell": GREY,
        "same run": GREY,
        "not tested": GREY,
    }
)
MARKERS: Mapping[Answer, str] = MappingProxyType(
    {
        "helps": "<",
        "hurts": ">",
        "no difference": "s",
        "supported": "D",
        "refuted": "X",
        "can't tell": "o",
        "same run": "x",
        "not tested": "_",
    }
)
DPI = 150
LEFT, BOTTOM, ABOVE, BETWEEN, PANEL = 0.62, 0.5, 0.4, 0.14, 1.2  # inches: of small panels, margins, gaps and height
LETTER, GAP = 0.074, 0.08  # inches: of a letter in a name, of a space
Format = Literal["svg", "png"]


@dataclass(frozen=True)
class Width:
    """How wide a figure is, in inches, and how many characters of a name it has room for."""

    inches: float
    letters: int
    columns: int  # of panels
    panel_letters: int

    @property
    def is_narrow(self) -> bool:
        return self.inches < 6


WIDE, NARROW = Width(8.4, 30, 4, 22), Width(3.7, 15, 2, 16)
Drawing = Callable[[Width], "Figure"]


def new_figure(width: Width, height: float, places_itself: bool = True) -> "Figure":
    """An empty figure; matplotlib places its parts, unless the caller does."""
    from matplotlib.figure import Figure

    layout: Literal["constrained"] | None = "constrained" if places_itself else None
    return Figure(figsize=(width.inches, height), layout=layout, facecolor="white")


def rows(
    width: Width, names: Sequence[str], row: float, top: float = 0.08, beside: float = 0.0, bold: Collection[int] = ()
) -> "tuple[Figure, Axes]":
    """A figure with a line for each name, the first on top, each `row` inches high; `beside`: inches left free.

    Its parts are at fixed places, and names are no ticks: to find places, and to make ticks, takes longer than all the
    rest.
    """
    written_names = [short(name, width.letters) for name in names]
    longest = max((len(line) for name in written_names for line in name.split("\n")), default=0)
    left, bottom, height = GAP + longest * LETTER + GAP, 0.5, row * len(names)
    figure = new_figure(width, top + height + bottom, places_itself=False)
    across = width.inches - left - beside - GAP
    whole = top + height + bottom
    axes = figure.add_axes((left / width.inches, bottom / whole, across / width.inches, height / whole))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    transform = axes.get_yaxis_transform()
    for place, name in enumerate(written_names):
        text = axes.text(-GAP / across, place, name, transform=transform, ha="right", va="center", fontsize=8)
        text.set_fontweight("bold" if place in bold else "normal")
    return figure, axes


def panels(width: Width, rows: int, columns: int, panel: float = PANEL) -> "tuple[Figure, list[Axes]]":
    """Panels on shared axes at fixed places, each `panel` inches high.

    To let matplotlib find the places takes most of the time.
    """
    height = BOTTOM + rows * (panel + ABOVE)
    figure = new_figure(width, height, places_itself=False)
    figure.subplots_adjust(
        left=LEFT / width.inches,
        right=1 - BETWEEN / width.inches,
        bottom=BOTTOM / height,
        top=1 - ABOVE / height,
        wspace=BETWEEN / ((width.inches - LEFT) / columns - BETWEEN),
        hspace=ABOVE / panel,
    )
    return figure, list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)


def settings() -> AbstractContextManager[None]:
    """Fonts and lines, in force while a figure is drawn and written."""
    from matplotlib import rc_context

    return rc_context(
        {
            "font.size": 8.5,
            "axes.titlesize": 8.5,
            "axes.edgecolor": FRAME,
            "axes.linewidth": 0.7,
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
            "svg.fonttype": "none",  # text stays text: small, sharp, to be searched
            "text.parse_math": False,  # a `$` in a name is a `$`
            "svg.hashsalt": "report",  # the same numbers give the same file
        }
    )


def written(drawing: Drawing, width: Width, kind: Format) -> bytes:
    """Draw the figure, and return the file's content."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    with settings():
        figure = drawing(width)
        if kind == "svg":  # not by savefig, which draws everything twice
            FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})  # type: ignore[no-untyped-call]
        else:
            figure.set_dpi(DPI)
            FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def bare(axes: "Axes", grid: Literal["x", "y", "both"]) -> None:
    """Leave only what helps to read: no frame except below, and a faint grid behind."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis=grid, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)


def short(name: str, letters: int) -> str:
    """A name on at most two lines, broken behind + or _; what is still too long loses its middle."""
    if len(name) <= letters:
        return name
    breaks = [i + 1 for i, letter in enumerate(name) if letter in "+_:" and i + 1 <= letters]
    if breaks and len(name) - breaks[-1] <= letters:
        return f"{name[: breaks[-1]]}\n{name[breaks[-1] :]}"
    if breaks and len(name) > 2 * letters:
        return f"{name[: breaks[-1]]}\n…{name[1 - letters :]}"
    return f"{name[: letters // 2]}…{name[-(letters - letters // 2 - 1) :]}"
