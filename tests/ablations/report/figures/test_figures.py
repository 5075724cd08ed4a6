"""Every figure of every kind of study, at both widths and as both files: drawn, whole, the same each time."""

import io
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import PIL.Image
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from ablations.report.figures.canvas import DPI, NARROW, WIDE, Drawing, Width, rows, settings, written
from ablations.report.page.figures import ReportFigure, figures_of
from ablations.report.page.write import write_figures
from ablations.report.sections.expected_best import expected_of
from ablations.report.study_report import study_reports
from ablations.study.claims.records import Claim, OfArms
from tests.ablations.report.studies import FIDS, ONE_IN, factorial, ladder, looked_at, search, write_study

TEST = OfArms(left="ttur", right="baseline")
CLAIM = Claim(name="a_claim", statement="s", source="s", comparison="ttur < baseline", relation="<", test=TEST)
STUDIES: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "claims": (
        lambda root: write_study(root, ONE_IN, FIDS, claims=(CLAIM,)),
        ("claims", "effects", "seeds", "curves-kimg", "curves-seconds"),
    ),
    "looks": (looked_at, ("effects", "looks", "seeds", "curves-kimg", "curves-seconds")),
    "ladder": (ladder, ("effects", "rungs", "seeds", "curves-kimg", "curves-seconds")),
    "factorial": (factorial, ("effects", "seeds", "curves-kimg", "curves-seconds", "interactions")),
    "search": (search, ("effects", "seeds", "curves-kimg", "curves-seconds", "expected-best")),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ReportFigure]]:
    """By study."""
    found = {}
    for name, (make, _) in STUDIES.items():
        (report,) = study_reports([make(tmp_path_factory.mktemp(name) / "s")])
        found[name] = list(figures_of(report.tables[0]))
    return found


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_has_its_figures(name: str, pictures: dict[str, list[ReportFigure]]) -> None:
    assert tuple(picture.name for picture in pictures[name]) == STUDIES[name][1]
    assert all(picture.alt and picture.caption.endswith(".") for picture in pictures[name])


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", STUDIES)
def test_no_text_is_cut_off(name: str, width: Width, pictures: dict[str, list[ReportFigure]]) -> None:
    for picture in pictures[name]:
        assert cut_off(picture.drawing, width) == [], picture.name


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", STUDIES)
def test_no_text_stands_on_another(name: str, width: Width, pictures: dict[str, list[ReportFigure]]) -> None:
    for picture in pictures[name]:
        texts, _ = drawn_texts(picture.drawing, width)
        on_another = [(a, b) for (a, one), (b, other) in combinations(texts, 2) if one.overlaps(other)]
        assert on_another == [], picture.name


@pytest.mark.parametrize("name", STUDIES)
def test_svg_has_its_words_as_text_and_png_its_size(name: str, pictures: dict[str, list[ReportFigure]]) -> None:
    for picture in pictures[name]:
        svg = written(picture.drawing, WIDE, "svg")
        assert svg == written(picture.drawing, WIDE, "svg")
        assert any(element.tag.endswith("text") for element in ElementTree.fromstring(svg).iter())
        with PIL.Image.open(io.BytesIO(written(picture.drawing, WIDE, "png"))) as image:
            assert image.width == round(WIDE.inches * DPI) or picture.name == "interactions"


def test_all_are_files(tmp_path: Path) -> None:
    reports = study_reports([ladder(tmp_path / "s")])
    paths = write_figures(reports, tmp_path / "figures")
    expected = {f"s-{name}.{kind}" for name in STUDIES["ladder"][1] for kind in ("svg", "png")}
    assert {path.name for path in paths} == expected == {path.name for path in (tmp_path / "figures").iterdir()}


def test_the_best_to_expect_by_hand(tmp_path: Path) -> None:
    """Of n trials the best of one is their mean; of 6, 7 and 8 the best of two is 6, 6 or 7."""
    (report,) = study_reports([search(tmp_path / "s")])
    expected = expected_of(report.tables[0].table)
    assert expected is not None
    assert [point.k for point in expected.points] == [1, 2, 3]
    assert [point.best for point in expected.points[:2]] == pytest.approx([7, (6 + 6 + 7) / 3])
    assert (expected.reference, expected.reference_name, expected.may_give_nothing) == (11.0, "baseline", False)


def cut_off(drawing: Drawing, width: Width) -> list[str]:
    """The texts that reach over the figure's edge."""
    texts, edge = drawn_texts(drawing, width)
    return [
        text for text, box in texts if box.x0 < -1 or box.y0 < -1 or box.x1 > edge.width + 1 or box.y1 > edge.height + 1
    ]


def drawn_texts(drawing: Drawing, width: Width) -> tuple[list[tuple[str, BboxBase]], BboxBase]:
    """What can be read on the figure and where, and the figure itself, in pixels."""
    with settings():
        figure = drawing(width)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        seen = [axes for axes in figure.axes if axes.get_visible()]
        artists = [*figure.texts, *(text for axes in seen for text in axes.findobj(Text))]
        texts = [text for text in artists if isinstance(text, Text) and text.get_visible() and text.get_text().strip()]
        return [(text.get_text(), text.get_window_extent(renderer)) for text in texts], figure.bbox


def test_a_dollar_in_a_name_is_a_dollar() -> None:
    def drawing(width: Width) -> Figure:
        return rows(width, ["a$b$", r"$\\frac{x$"], 0.3)[0]

    svg = written(drawing, WIDE, "svg").decode()
    assert ">a$b$<" in svg
    assert r"$\\frac{x$" in svg
