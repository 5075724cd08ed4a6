"""The heat map of a factorial design: main effects on the diagonal, interactions of two below it."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ablations.report.figures.canvas import GREY, INK, Width, new_figure, short
from ablations.report.sections.interactions import InteractionMap
from ablations.report.words import effect_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = "PuOr_r"  # purple to orange: two hues that colour-blind readers tell apart
FAINTEST = math.log(1.1)  # the colours' ends are never closer to 0 than this
DARK = 0.5  # luminance below which text is white


def draw_interactions(square: InteractionMap, width: Width) -> "Figure":
    """Colours for sizes around 0, numbers as the rule shows them; bold where a verdict was reached."""
    from matplotlib import colormaps

    n = len(square.factors)
    side = min(width.inches, 1.9 + 0.85 * n)
    figure = new_figure(replace(width, inches=side), 0.9 + 0.52 * n * (side / width.inches + 0.35))
    axes: Axes = figure.subplots()
    least = FAINTEST if square.rule.scale == "log" else 0.0
    end = 1.3 * (max(square.strongest, least) or 1.0)  # the palette's own ends are too dark for text
    colours = colormaps[PALETTE]
    values = [[_size(square, i, j) for j in range(n)] for i in range(n)]
    axes.imshow(values, cmap=colours, vmin=-end, vmax=end, aspect="auto")
    for i, row in enumerate(square.cells):
        for j, cell in enumerate(row):
            known = not math.isnan(cell.shown)
            text = effect_text(cell.shown, square.rule) if known else "?"
            red, green, blue, _ = colours(0.5 + _size(square, i, j) / (2 * end)) if known else (1, 1, 1, 1)
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < DARK
            axes.text(
                j,
                i,
                text,
                ha="center",
                va="center",
                color="white" if dark else INK if known else GREY,
                fontsize=8 if n <= 6 else 6.5,
                fontweight="normal" if cell.finding in ("can't tell", "same run") else "bold",
            )
    letters = 14 if n <= 6 and not width.is_narrow else 9
    axes.set_xticks(range(n), [short(name, letters) for name in square.factors], rotation=0 if n <= 4 else 40)
    axes.set_yticks(range(n), [short(name, width.letters) for name in square.factors])
    axes.set_xticks([k - 0.5 for k in range(1, n)], minor=True)
    axes.set_yticks([k - 0.5 for k in range(1, n)], minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _size(square: InteractionMap, i: int, j: int) -> float:
    return square.size(square.cells[i][j]) if j <= i else math.nan
