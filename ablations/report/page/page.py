"""The numbers as one HTML page: a template with all pictures and styles in it, that needs no network and no script."""

import base64
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablations.leaderboard.text.cells import drawn
from ablations.leaderboard.text.notes import machine_notes
from ablations.report import words
from ablations.report.compare import SideBySide
from ablations.report.figures.canvas import NARROW, WIDE, written
from ablations.report.page.figures import ReportFigure, comparison_pictures, figures_across, figures_of
from ablations.report.sections.answer import sentences_of
from ablations.report.sections.reproduction import machine_of
from ablations.report.study_report import StudyReport, TableReport
from gan_core.machine.versions import versions

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

LARGEST_GRID = 150_000  # bytes of a picture that goes into the page as it is
LARGEST_FILE = 100_000_000  # bytes of a picture that is read at all
# What the page may load: pictures that stand in it, and styles (the bars' lengths are styles of their elements)
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
GRID_SIDE = 560  # pixels of one that does not


@dataclass(frozen=True)
class Embedded:
    """A picture in the page: for wide screens and paper, and for narrow screens."""

    picture: ReportFigure
    wide: str
    narrow: str


def page_of(reports: Sequence[StudyReport]) -> str:
    """The page of these studies."""
    return rendered("page.html.j2", reports=reports)


def comparison_page(sides: SideBySide) -> str:
    """The page of two arms or runs."""
    pictures = list(comparison_pictures(sides))
    return rendered("compare.html.j2", sides=sides, sentences=sentences_of(sides.effects), pictures=pictures)


def rendered(template: str, **values: Any) -> str:
    """A template of this folder, with the values, the time and the versions."""
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        _environment()
        .get_template(template)
        .render(made=made, tool=versions(("gan-ablations",)), policy=POLICY, **values)
    )


def embedded(pictures: Sequence[ReportFigure]) -> list[Embedded]:
    """Draw a figure in both widths."""
    return [
        Embedded(each, *(_uri(written(each.drawing, width, "svg")) for width in (WIDE, NARROW))) for each in pictures
    ]


def grid_uri(path: Path) -> str:
    """A grid of samples for the page; a large one is made smaller, as JPEG. '' where there is no such picture."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return ""
        content = path.read_bytes()
    except OSError:
        return ""
    return _uri(content, "png") if len(content) <= LARGEST_GRID else _smaller(content)


def _smaller(content: bytes) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content)) as image:
            small = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # PIL's words for what is no picture
        return ""
    small.thumbnail((GRID_SIDE, GRID_SIDE))
    small.save(buffer, "JPEG", quality=85)
    return _uri(buffer.getvalue(), "jpeg")


def _uri(content: bytes, kind: str = "svg+xml") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _pictures(report: TableReport) -> list[Embedded]:
    return embedded(list(figures_of(report)))


def _breakable(name: str) -> "Markup":
    """A name that may be broken behind + and _, so that long ones need no broad column."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"([+_])", r"\1<wbr>", str(escape(name))))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ablations.report.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: Mapping[str, Any] = {
        "number": words.number,
        "score": words.score,
        "effect": words.effect_text,
        "interval": words.interval,
        "listed": words.listed,
        "percent": words.percent_of,
        "pictures": _pictures,
        "pictures_across": lambda report: embedded(list(figures_across(report))),
        "name": _breakable,
        "tight": lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%"),
        "contents": contents_of,
        "counted": words.counted,
        "embedded": embedded,
        "board": drawn,
        "grid_uri": grid_uri,
        "machine": machine_of,
        "machine_notes": machine_notes,
        "minute": lambda time: datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "day": lambda time: datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d"),
    }
    environment.filters.update(filters)
    return environment


def contents_of(report: StudyReport) -> Iterator[tuple[str, str]]:
    """Anchor and label of each section on the page; where there are several tables, those of the first."""
    if report.across is not None:
        yield f"{report.name}-across", "over all settings"
        for place, table in enumerate(report.tables, start=1):
            yield f"{report.name}-{place}-setting", table.table.block
    for table in report.tables[: 0 if report.across is not None else 1]:
        drawn = {picture.name for picture in figures_of(table)}
        there = {
            "answer": True,
            "claims": table.claims is not None,
            "effects": "effects" in drawn,
            "looks": "looks" in drawn,
            "rungs": bool(table.rungs),
            "seeds": "seeds" in drawn,
            "curves": "curves-kimg" in drawn,
            "interactions": "interactions" in drawn,
            "search": report.search is not None,
            "samples": table.grids is not None,
            "leaderboard": True,
        }
        for part, is_there in there.items():
            if is_there:
                yield f"{report.name}-1-{part}", part
    for part in ("runs", "design", "configuration", "reproduce"):
        yield f"{report.name}-{part}", part
