"""The ranked arms as Markdown, and the page that says what the columns of the files mean."""

import re
from collections.abc import Iterator, Sequence

from ablations.leaderboard import Leaderboard, Table
from ablations.leaderboard.across_records import Across
from ablations.leaderboard.columns import documented
from ablations.leaderboard.text.blocks import drawn_across
from ablations.leaderboard.text.cells import Drawn, drawn
from ablations.leaderboard.text.claims import HEADINGS, DrawnClaims, drawn_claims
from ablations.leaderboard.text.effects import DrawnEffects, drawn_effects

INTERVAL = r"(?P<interval>\[[-+\d., %e]+\](?![\[(:]))"  # no link, and easier to read as it is
MARKS = re.compile(rf"{INTERVAL}|[\\|*`\[\]~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
LINE_MARKS = re.compile(r"^(\s*\d*)([#>+=-]|(?<=\d)[.)])(?=\s+\S|[#>=-])")  # of a heading, a list, a quote
LINKED = re.compile(r"(\b(?:https?|ftp|mailto|xmpp|www|[\w.+-]+(?=@)))([:.@])(?=//|\w)", re.IGNORECASE)
PAGE = """\
# The leaderboard's columns

Made by `python -m ablations leaderboard --columns`. They are those of `leaderboard.csv`, of `leaderboard --csv`, and of
the lines in `--json`. An empty cell (null in JSON) is a number that there is not: too few seeds, not measured, or not
applicable. Rows of different `protocol` or `study` belong to different tables; ranks start again in each.

"""


def markdown_of(leaderboard: Leaderboard) -> str:
    """One table a study and protocol, the effects of its design, and the answers to its claims; then effects over all
    settings of a study.
    """
    lines = [
        line
        for table in leaderboard.tables
        for line in (*_lines(drawn(table)), *_effects(drawn_effects(table)), *_claims(drawn_claims(table)))
    ]
    for across in leaderboard.across:
        lines += markdown_across(across)
    return "\n".join(lines)


def markdown_across(across: Across) -> Iterator[str]:
    """The effects of a study over all its settings, in each of them and between them, and the answers to its claims."""
    words = drawn_across(across)
    yield f"## {escaped(words.title)}\n"
    yield from _table(words.headings, words.rows)
    yield from ("", *(f"- {escaped(sentence)}" for sentence in words.sentences))
    yield from ("", *(f"{escaped(note)}  " for note in words.notes), "")
    yield from _claims(drawn_claims(across))


def markdown_table(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of one table, heading and rule first, and the notes below it."""
    words = drawn(table)
    return tuple(_table(words.headings, (*words.rows, *words.floors))), tuple(map(escaped, words.notes))


def markdown_blocks(across: Across) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of the table of effects over all settings, heading and rule first, and the notes below it."""
    words = drawn_across(across)
    return tuple(_table(words.headings, words.rows)), tuple(map(escaped, words.notes))


def markdown_claims(table: Table | Across) -> tuple[str, ...]:
    """The answers to the claims about one table's arms; () where there are none."""
    return tuple(_claims(drawn_claims(table)))


def escaped(text: str) -> str:
    """Text that people wrote, on one line, so that none of it is read as Markdown or HTML, and nothing in it is live.

    No link and no picture (of `javascript:`, or one that tells its server who looks), no table's border, emphasis, code
    or heading. An address stays readable, but is made into no link by GitHub's rules (a `.` or `:` of it is escaped).
    """
    plain = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text))
    plain = re.sub(r"&(?=#?\w+;)", "&amp;", MARKS.sub(lambda mark: mark["interval"] or f"\\{mark[0]}", plain))
    plain = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", plain)
    return LINE_MARKS.sub(r"\1\\\2", LINKED.sub(r"\1\\\2", plain))


BAR = r"\|"  # within a table


def columns_page() -> str:
    """The page that says what each column of the files means."""
    rows = [
        f"| `{name}` | {meaning.replace('|', BAR).replace('<', '&lt;')} |" for name, meaning in documented().items()
    ]
    return PAGE + "\n".join((*_table(("column", "meaning"), ()), *rows)) + "\n"


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
