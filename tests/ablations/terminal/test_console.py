"""Numbers, durations and mistakes as text."""

import math

import pytest

from ablations.leaderboard.text.numbers import number
from ablations.terminal.console import duration, show_error
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
