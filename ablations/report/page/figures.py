"""The figures of a table's report: the name of each, what it shows, and how it is drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ablations.report.compare import SideBySide
from ablations.report.figures.canvas import Drawing
from ablations.report.figures.curves import MOST_PANELS, draw_curves
from ablations.report.figures.expected import draw_expected
from ablations.report.figures.forest import draw_forest
from ablations.report.figures.interactions import draw_interactions
from ablations.report.figures.looks import draw_looks
from ablations.report.figures.rungs import draw_rungs
from ablations.report.figures.seeds import draw_seeds
from ablations.report.sections.blocks import AcrossReport
from ablations.report.sections.curves import Curve
from ablations.report.sections.expected_best import Expected
from ablations.report.sections.forest_lines import Forest, forest_of_claims, forest_of_effects
from ablations.report.sections.looks import LooksCourse
from ablations.report.study_report import TableReport
from ablations.report.words import percent_of


@dataclass(frozen=True)
class ReportFigure:
    """A figure. `name` also names its files; `alt` is for readers who can't see it; `caption` stands below it."""

    name: str
    title: str
    caption: str
    alt: str
    drawing: Drawing


def figures_of(report: TableReport) -> Iterator[ReportFigure]:
    """The figures for which there are numbers, in the order of the page."""
    if report.claims is not None and (forest := forest_of_claims(report.claims.lines, report.table.rule)):
        yield _forest(forest)
    if forest := forest_of_effects(report.effects):
        yield _forest(forest)
    if report.looks is not None:
        yield _looks(report.looks)
    if any(rung.fids for rung in report.rungs):
        yield ReportFigure(
            "rungs",
            "Rung by rung",
            "From the bottom up, each rung adds one trick. Black marks, joined by the thick line: means over seeds. "
            "Thin lines: single seeds.",
            "Lines of the FID of every seed from rung to rung; the numbers are in the table below.",
            partial(draw_rungs, report.rungs, report.table.score),
        )
    if any(arm.fids for arm in report.seeds):
        confidence = report.table.rule.confidence_percent
        yield ReportFigure(
            "seeds",
            "Every seed",
            f"One dot a seed, scored under the full protocol. Black mark: mean; wide bar: its {confidence} interval "
            f"(Student's t), cut off at the ends of the axis. Bold: the reference. {report.shown.note}".strip(),
            "Dots of the FID of every seed of every arm; the numbers are in the leaderboard.",
            partial(draw_seeds, report.seeds, report.table.score),
        )
    yield from curve_pictures(report.curves)
    if report.interactions is not None:
        yield ReportFigure(
            "interactions",
            "Interactions",
            "Diagonal: how much a factor changes the FID on average. Below it: how much two together change it beyond "
            "what each does alone. Minus (purple) is a lower FID. Bold: there is a verdict; ?: the design can't tell.",
            "Heat map of main effects and two-way interactions; the numbers stand in the answer.",
            partial(draw_interactions, report.interactions),
        )
    if report.expected is not None:
        yield _expected(report.expected, report.table.rule.confidence)


def figures_across(report: AcrossReport) -> Iterator[ReportFigure]:
    """The figures of all settings of a study together."""
    if report.claims is not None and (forest := forest_of_claims(report.claims.lines, report.across.rule)):
        yield _forest(forest)
    if report.forest is not None:
        yield _forest(report.forest)
    if report.looks is not None:
        yield _looks(report.looks)


def comparison_pictures(sides: SideBySide) -> Iterator[ReportFigure]:
    """The effect and the curves of two arms or runs."""
    if forest := forest_of_effects(sides.effects):
        yield _forest(forest)
    yield from curve_pictures(sides.curves)


def _forest(forest: Forest) -> ReportFigure:
    drawing = partial(draw_forest, forest.lines, forest.rule, forest.ends)
    return ReportFigure(forest.name, forest.title, forest.caption, forest.alt, drawing)


def _looks(course: LooksCourse) -> ReportFigure:
    is_log = course.rule.scale == "log"
    states = {point.state for effect in course.effects for point in effect.points}
    hopeless = ", ✕ stopped as hopeless" if "hopeless" in states else ""
    left = f" Shown are {len(course.effects)} of {course.of} effects." if len(course.effects) < course.of else ""
    band = f" Grey band: below {course.rule.margin_percent}, which counts as none." if is_log else ""
    return ReportFigure(
        "looks",
        "From look to look",
        f"{'Change of the FID' if is_log else 'Difference of the FIDs'} at each look with the interval that decides "
        "there; arrows: it goes on beyond the axis. A verdict stands once it is there. ◀ helps, ▶ hurts, ■ no "
        f"difference, ○ undecided{hopeless}.{band}{left}",
        "Small panels with the interval of every effect at each look; the last of each stands in the answer.",
        partial(draw_looks, course),
    )


def _expected(expected: Expected, confidence: float) -> ReportFigure:
    beside = (
        f" Dashed: the mean of {expected.reference_name} on the confirming seeds." if expected.reference_name else ""
    )
    return ReportFigure(
        "expected-best",
        "The best FID to expect of a number of trials",
        "What a number of explored trials yields on average, rather than the luckiest trial (Dodge et al. 2021). "
        f"Band: {percent_of(confidence)} interval, a bootstrap over trials, mirrored towards better scores.{beside}",
        "Curve of the expected best FID over the number of trials; the numbers are in the table below.",
        partial(draw_expected, expected),
    )


def curve_pictures(curves: Sequence[Curve]) -> Iterator[ReportFigure]:
    """FID on the way against images, and against seconds."""
    if not curves:
        return
    reference, *arms = curves
    many = f" Shown are the {MOST_PANELS} best of {len(arms)} arms." if len(arms) > MOST_PANELS else ""
    said = (
        "Scores during training, of fewer samples than the final ones. Line: geometric mean over seeds; band: from the "
        "lowest to the highest seed; dotted: where not all seeds have come so far. Grey and dashed, in every panel: "
        f"{reference.arm}.{many}"
    )
    alt = "Small panels with the FID of every arm over the training, next to the reference's."
    yield ReportFigure("curves-kimg", "FID against images", said, alt, lambda width: draw_curves(curves, "kimg", width))
    yield ReportFigure(
        "curves-seconds",
        "FID against seconds",
        "The same against wall-clock seconds, the time for the scores included: what a trick costs is part of it.",
        alt,
        lambda width: draw_curves(curves, "seconds", width),
    )
