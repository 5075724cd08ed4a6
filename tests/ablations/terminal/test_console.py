"""Numbers, durations and mistakes as text."""

import io
import math

import pytest
from rich.table import Table
from rich.text import Text

from ablations.leaderboard.text.numbers import number
from ablations.terminal.console import Screen, duration, show_error
from gan_core.problems import Problem, UserError


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (7.4, "7 s"),
        (59.4, "59 s"),
        (59.6, "1:00 min"),
        (185, "3:05 min"),
        (3599.7, "1:00 h"),
        (7830, "2:10 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_number() -> None:
    assert [number(3.14159), number(31.4159, signed=True), number(math.nan)] == ["3.14", "+31.4", ""]


def test_every_problem_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    many = ", ".join(f"name{n}" for n in range(20))
    show_error(
        UserError(
            Problem("1.5 is out of range", ("tricks", "half", "dropout"), "> 0 and < 1", source="a.yaml:7"),
            Problem("no setting is called 'x'", ("x",), many, "xx"),
            Problem("no setting is called 'y'", ("y",), many),
            Problem("[bold]plain[/bold]"),
        )
    )
    assert capsys.readouterr().err.splitlines() == [
        "error: a.yaml:7: tricks.half.dropout: 1.5 is out of range; allowed: > 0 and < 1",
        "error: x: no setting is called 'x'; did you mean 'xx'?",
        f"error: y: no setting is called 'y'; allowed: {many}",
        "error: [bold]plain[/bold]",
    ]


def test_text_from_elsewhere_does_not_act_on_the_terminal() -> None:
    file = io.StringIO()
    table = Table("a\x1b[2J")
    table.add_row("x\u202ey")
    screen = Screen(file=file, width=60, force_terminal=True, color_system="standard")
    screen.print(Text("a\x1b[2J x\u202ey", style="bold"))
    screen.print(table)
    assert file.getvalue().startswith("\x1b[1ma\\x1b[2J x\\u202ey\x1b[0m\n")  # bold is rich's own
    assert "\x1b[2J" not in file.getvalue()
    assert "\u202e" not in file.getvalue()


def test_tables_are_drawn_with_what_the_stream_has() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, "ascii")
    table = Table("a")
    table.add_row("b")
    Screen(file=file, width=60).print(table)
    file.flush()
    assert b"| b |" in raw.getvalue()
