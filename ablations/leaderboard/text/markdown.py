"""The ranked arms as Markdown, and the page that says what the columns of the files mean."""

import re
from collections.abc import Iterator, Sequence

from ablations.leaderboard import Leaderboard, Table
from ablations.leaderboard.columns import documented
from ablations.leaderboard.text.cells import Drawn, drawn
from ablations.leaderboard.text.claims import HEADINGS, DrawnClaims, drawn_claims
from ablations.leaderboard.text.effects import DrawnEffects, drawn_effects

PAGE = """\
# The leaderboard's columns

Made by `python -m ablations leaderboard --columns`. They are those of `leaderboard.csv`, of `leaderboard --csv`, and of
the lines in `--json`. An empty cell (null in JSON) is a number that there is not: too few seeds, not measured, or not
applicable. Rows of different `protocol` or `study` belong to different tables; ranks start again in each.

"""


def markdown_of(leaderboard: Leaderboard) -> str:
    """One table a study and protocol, the effects of its design, and the answers to its claims."""
    return "\n".join(
        line
        for table in leaderboard.tables
        for line in (*_lines(drawn(table)), *_effects(drawn_effects(table)), *_claims(drawn_claims(table)))
    )


def markdown_table(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of one table, heading and rule first, and the notes below it."""
    words = drawn(table)
    return tuple(_table(words.headings, (*words.rows, *words.floors))), tuple(map(escaped, words.notes))


def markdown_claims(table: Table) -> tuple[str, ...]:
    """The answers to the claims about one table's arms; () where there are none."""
    return tuple(_claims(drawn_claims(table)))


def escaped(text: str) -> str:
    """Text that people wrote, on one line, so that none of it is read as a table's border, emphasis, or HTML."""
    plain = re.sub(r"\s+", " ", text).replace("\\", "\\\\")
    return re.sub(r"([|*])", r"\\\1", re.sub(r"<(?=[A-Za-z/!?])", "&lt;", plain))


def columns_page() -> str:
    """The page that says what each column of the files means."""
    rows = [(f"`{name}`", meaning) for name, meaning in documented().items()]
    return PAGE + "\n".join(_table(("column", "meaning"), rows)) + "\n"


def _lines(words: Drawn) -> Iterator[str]:
    yield f"## {escaped(words.title)}\n"
    yield from _table(words.headings, (*words.rows, *words.floors))
    yield ""
    for note in words.notes:
        yield f"{escaped(note)}  "
    yield ""


def _effects(words: DrawnEffects | None) -> Iterator[str]:
    if words is not None:
        yield f"### {escaped(words.title)}\n"
        yield from _table(words.headings, words.rows)
        yield from ("", *(f"{escaped(note)}  " for note in words.notes), "")


def _claims(words: DrawnClaims | None) -> Iterator[str]:
    if words is not None:
        yield f"### {escaped(words.title)}\n"
        yield from _table(HEADINGS, words.rows)
        yield from ("", *(f"{escaped(note)}  " for note in words.notes), "")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(map(escaped, headings)) + " |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield "| " + " | ".join(map(escaped, row)) + " |"
