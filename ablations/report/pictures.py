"""The figures of a table's report: what each is called, what it shows, and how it is drawn."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ablations.report.comparison import SideBySide
from ablations.report.curves import Curve
from ablations.report.effects import Effect, Effects
from ablations.report.figures.canvas import Drawing
from ablations.report.figures.curves import MOST_PANELS, draw_curves
from ablations.report.figures.forest import draw_forest
from ablations.report.figures.interactions import draw_interactions
from ablations.report.figures.seeds import draw_seeds
from ablations.report.shown import MOST_ARMS
from ablations.report.study_report import TableReport
from ablations.report.words import percent_of


@dataclass(frozen=True)
class Picture:
    """A figure. `alt` for who can't see it; `caption` stands below it."""

    name: str  # also of its files
    title: str
    caption: str
    alt: str
    drawing: Drawing


def pictures_of(report: TableReport) -> Iterator[Picture]:
    """The figures that the numbers are there for."""
    if any(effect.by_seed or effect.shown.n for effect in report.effects.main):
        yield forest_picture(report.effects)
    if any(arm.fids for arm in report.seeds):
        yield Picture(
            "seeds",
            "Every seed",
            "One dot a seed, at the full protocol. Black mark: mean; wide bar: its 95 % interval (Student's t), cut at "
            f"the axis. Bold: the reference. {report.shown.note}".strip(),
            "Dots of the FID of every seed of every arm; the numbers are in the leaderboard.",
            partial(draw_seeds, report.seeds, report.table.score),
        )
    yield from curve_pictures(report.curves)
    if report.interactions is not None:
        yield Picture(
            "interactions",
            "Interactions",
            "Diagonal: what a factor changes on average. Below: what two change together beyond what each adds. "
            "Minus (purple): lower FID. Bold: a verdict was reached; ?: the design can't tell.",
            "Heat map of main effects and two-way interactions; the numbers are in the table of effects.",
            partial(draw_interactions, report.interactions),
        )


def comparison_pictures(sides: SideBySide) -> Iterator[Picture]:
    """The effect and the curves of two arms or runs."""
    if sides.effects.effects:
        yield forest_picture(sides.effects)
    yield from curve_pictures(sides.curves)


def forest_picture(effects: Effects) -> Picture:
    """The main effects; of very many those with the lowest ratios."""
    every = effects.main
    main = every if len(every) <= MOST_ARMS else sorted(every, key=_by_ratio)[:MOST_ARMS]
    left = f" The {len(main)} lowest of {len(every)}." if len(main) < len(every) else ""
    seeds = " Thin strokes: single seeds." if any(effect.by_seed for effect in main) else ""
    band = f" Grey band: less than {percent_of(effects.rule.margin)}, no difference."
    return Picture(
        "effects",
        f"Effects: {effects.about}",
        f"Ratio of FIDs with its 95 % interval, before adjustment.{seeds}{band if effects.rule.scale == 'log' else ''}"
        f" ◀ helps, ▶ hurts, ■ no difference, ○ can't tell: after Holm's adjustment over all comparisons.{left}",
        "Forest plot of the effects with their intervals; the numbers stand in the answer.",
        partial(draw_forest, effects, main),
    )


def _by_ratio(effect: Effect) -> float:
    """What has no number comes last."""
    return math.inf if math.isnan(effect.shown.mean) else effect.shown.mean


def curve_pictures(curves: tuple[Curve, ...]) -> Iterator[Picture]:
    """FID on the way against images, and against seconds."""
    if not curves:
        return
    reference, *arms = curves
    many = f" The {MOST_PANELS} best arms of {len(arms)}." if len(arms) > MOST_PANELS else ""
    said = (
        f"Line: geometric mean over seeds of the few-sample scores on the way; band: lowest to highest seed; dotted: "
        f"some seeds did not come so far. Grey and dashed in every panel: {reference.arm}.{many}"
    )
    alt = "Small panels with the course of the FID of every arm beside the reference's."
    yield Picture("curves-kimg", "FID against images", said, alt, lambda width: draw_curves(curves, "kimg", width))
    yield Picture(
        "curves-seconds",
        "FID against seconds",
        "The same against wall seconds, scores included: what a trick costs is part of it.",
        alt,
        lambda width: draw_curves(curves, "seconds", width),
    )
