"""Curves of a run from its events: losses, D(x) and D(G(z)), FID, diversity; and |gradient| of each layer.

Drawn for colour-blind readers: Okabe and Ito's colours with a line style each, layers in cividis with a marker each.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.events import AnyEvent, Evaluated, Started, Ticked
from gan_core.game.losses import LOSSES, Loss
from gan_core.machine.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"  # Okabe and Ito 2008
MARKERS = "osD^vPX*<>hp"
DPI = 90


def draw_curves(events: Sequence[AnyEvent], path: Path, title: str) -> None:
    """Four panels over thousands of images. Draws nothing where the run has reported no tick."""
    ticks = [event for event in events if isinstance(event, Ticked)]
    if not ticks:
        return
    figure = _figure(10, 6.5)
    losses, answers, fid, diversity = figure.subplots(2, 2).flat
    figure.suptitle(title, fontsize=10)
    _lines(losses, ticks, (("loss_d", "D", BLUE, "-"), ("loss_g", "G", ORANGE, "--")))
    losses.set_title("loss")
    _lines(
        answers,
        ticks,
        (
            ("d_real", "D(x)", BLUE, "-"),
            ("d_fake", "D(G(z)) before D's step", ORANGE, "--"),
            ("d_fake_after", "D(G(z)) after it", GREEN, ":"),
        ),
    )
    loss = next((LOSSES[event.config["loss"]] for event in events if isinstance(event, Started)), None)
    answers.set(title=title_of_answers(loss), ylim=(-0.03, 1.03))
    if loss is not None and loss.has_boundary:
        answers.axhline(0.5, color="0.7", linewidth=0.8, zorder=0)
    _draw_fid(fid, events)
    _draw_diversity(diversity, events)
    _save(figure, path)


def title_of_answers(loss: Loss | None) -> str:
    """The title of the curves of D's answers. A sigmoid is a probability for some losses only. None: not known."""
    if loss is None:
        return "D's answers: mean sigmoid of its output"
    if loss.output == "logit":
        return "D's answers: mean probability of real"
    means = "0.5 is undecided" if loss.has_boundary else "only differences count"
    return f"D's answers: mean sigmoid of its {loss.output}, {means}"


def draw_gradients(events: Sequence[AnyEvent], path: Path) -> None:
    """Mean and largest |gradient| of each layer of D and of G, first layer darkest. None for older journals."""
    ticks = [event for event in events if isinstance(event, Ticked) and event.gradients]
    if not ticks:
        return
    from matplotlib import colormaps

    figure = _figure(10, 7, right=0.87)
    for row, player in zip(figure.subplots(2, 2), ("D", "G"), strict=True):
        layers = [name for name in ticks[0].gradients if name.startswith(f"{player}/") and name.endswith("/mean")]
        colours = colormaps["cividis"]([0.9 * i / max(1, len(layers) - 1) for i in range(len(layers))])
        for axes, kind in zip(row, ("mean", "max"), strict=True):
            for i, (layer, colour) in enumerate(zip(layers, colours, strict=True)):
                short = layer.removesuffix("/mean")
                axes.plot(
                    [tick.kimg for tick in ticks],
                    [tick.gradients[f"{short}/{kind}"] for tick in ticks],
                    color=colour,
                    marker=MARKERS[i % len(MARKERS)],
                    markevery=max(1, len(ticks) // 8),
                    markersize=4,
                    linewidth=1.1,
                    label=short.partition("/")[2].replace("blocks.", "block ").removesuffix(".linear"),
                )
            axes.set(title=f"{player}: {'mean' if kind == 'mean' else 'largest'} |gradient| of a layer", yscale="log")
            axes.set_xlabel("thousands of images")
        row[1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    _save(figure, path)


def _lines(axes: "Axes", ticks: Sequence[Ticked], lines: Sequence[tuple[str, str, str, str]]) -> None:
    for name, label, colour, style in lines:
        there = [(tick.kimg, tick.means[name]) for tick in ticks if name in tick.means]
        axes.plot(*zip(*there, strict=True), color=colour, linestyle=style, label=label) if there else None
    axes.set_xlabel("thousands of images")
    axes.legend(fontsize=8)


def _draw_fid(axes: "Axes", events: Sequence[AnyEvent]) -> None:
    scored = [event for event in events if isinstance(event, Evaluated) and event.of == "progress"]
    fids = [(event.kimg, score) for event in scored if (score := event.score("fid")) is not None]
    points = [(kimg, score.value, score.name) for kimg, score in fids if score.value > 0]
    axes.set(title="FID on the way", xlabel="thousands of images")
    if not points:
        return
    kimg, values, names = zip(*points, strict=True)
    best = values.index(min(values))
    axes.plot(kimg, values, color=BLUE, marker="o", markersize=4, label=names[0])
    axes.plot(kimg[best], values[best], color=BLACK, marker="*", markersize=11, linestyle="", label="best")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)


def _draw_diversity(axes: "Axes", events: Sequence[AnyEvent]) -> None:
    measured = [e for e in events if isinstance(e, Evaluated) and e.of == "progress" and e.diversity]
    axes.set(title="diversity of the samples, the reals' being 1", xlabel="thousands of images")
    if not measured:
        return
    for name, label, colour, style in (
        ("spread", "distance between two", BLUE, "-"),
        ("dimensions", "directions in which they differ", ORANGE, "--"),
    ):
        values = [event.diversity[name] for event in measured]
        axes.plot([e.kimg for e in measured], values, color=colour, linestyle=style, marker="o", ms=4, label=label)
    axes.axhline(1, color="0.7", linewidth=0.8, zorder=0)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)


def _figure(width: float, height: float, right: float = 0.98) -> "Figure":
    """A figure, sized in inches, that belongs to no window and no global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI)
    figure.subplots_adjust(0.07, 0.08, right, 0.91, wspace=0.2, hspace=0.35)  # a layout engine would draw it twice
    return figure


def _save(figure: "Figure", path: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.92", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.minorticks_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, durable=False) as temporary:
        figure.savefig(temporary, format="png")
