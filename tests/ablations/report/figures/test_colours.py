"""The figures and the page are read without colours, and their colours by colour-blind readers."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from ablations.report.figures import canvas
from ablations.report.figures.canvas import BLUE, COLOURS, GREEN, GREY, INK, MARKERS, ORANGE, WIDE
from ablations.report.figures.curves import draw_curves
from ablations.report.figures.interactions import PALETTE
from ablations.report.sections.curves import Curve, CurvePoint
from tests.ablations.report.colour_blindness import DEFICIENCIES, contrast, distance

STYLE = (Path(canvas.__file__).parents[1] / "page" / "style.css").read_text()
PAGE = {"blue": BLUE, "orange": ORANGE, "green": GREEN, "grey": GREY}
APART = 20  # CIELAB: some nine differences that are just noticeable
READABLE = 4.5  # WCAG 2.1, of text


def test_the_simulation_does_what_is_known_of_it() -> None:
    """Greys stay what they are; matplotlib's red and green are one to deuteranopes, blue and yellow to nobody."""
    for matrix in DEFICIENCIES.values():
        assert matrix.sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert distance("#FFFFFF", "#000000", "deuteranopia") == pytest.approx(100, abs=0.1)
    assert distance("#D62728", "#2CA02C", "none") > 100
    assert distance("#D62728", "#2CA02C", "deuteranopia") < 10
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert min(distance("#0000FF", "#FFFF00", name) for name in ("protanopia", "deuteranopia")) > 100


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_remain_apart(deficiency: str) -> None:
    for one, other in combinations(PAGE.values(), 2):
        assert distance(one, other, deficiency) >= APART, (one, other)


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_ends_of_the_heat_map_remain_apart(deficiency: str) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    colours = colormaps[PALETTE]
    for part in (0.1, 0.2, 0.3):
        assert distance(to_hex(colours(part)), to_hex(colours(1 - part)), deficiency) >= APART


def test_colours_can_be_read_as_text() -> None:
    assert min(contrast(colour, "#FFFFFF") for colour in (*PAGE.values(), INK)) >= READABLE


def test_the_page_has_the_colours_of_its_figures() -> None:
    told = {name: value.upper() for name, value in re.findall(r"--([a-z]+): (#[0-9a-f]{6})", STYLE)}
    assert {name: told[name] for name in PAGE} == PAGE


def test_no_answer_is_told_by_colour_alone() -> None:
    """Each has a marker of its own in figures, and a sign before its word on the page."""
    assert MARKERS.keys() == COLOURS.keys()
    assert len(set(MARKERS.values())) == len(MARKERS)
    classes = {answer: answer.replace("'", "-").replace(" ", "-") for answer in MARKERS}
    signs = dict(re.findall(r"\.([a-z-]+)::before \{ content: \"(.) \"; \}", STYLE))
    assert len({signs[name] for name in classes.values()}) == len(classes)


def test_the_reference_has_a_line_style_of_its_own() -> None:
    curves = [
        Curve(arm, 1, "fid", (CurvePoint(1, 1, 9, 8, 10, 1), CurvePoint(2, 2, 5, 4, 6, 1))) for arm in ("baseline", "a")
    ]
    (panel,) = (axes for axes in draw_curves(curves, "kimg", WIDE).axes if axes.get_visible())
    reference, arm = panel.lines
    assert (reference.get_linestyle(), arm.get_linestyle()) == ("--", "-")
