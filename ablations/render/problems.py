"""Mistakes and warnings."""

from collections.abc import Sequence

from rich.text import Text

from ablations.render.console import err
from gan_core.problems import UserError

FOLD = 8  # a list of names longer than this is folded where the nearest name is known


def show_error(error: UserError) -> None:
    """Every problem: what, where, what is allowed, what was probably meant."""
    for problem in error.problems:
        line = Text("error: ", style="bold red")
        if problem.source:
            line.append(f"{problem.source}: ", style="bold")
        if problem.where:
            line.append(f"{'.'.join(map(str, problem.where))}: ", style="cyan")
        line.append(problem.message, style="default")
        if problem.allowed and not (problem.nearest and problem.allowed.count(",") >= FOLD):
            line.append(f"; allowed: {problem.allowed}", style="default")
        if problem.nearest:
            line.append(f"; did you mean {problem.nearest!r}?", style="default")
        err.print(line)


def show_warnings(warnings: Sequence[str]) -> None:
    """What is allowed, and questionable."""
    for warning in warnings:
        err.print(Text("warning: ", style="bold yellow").append(warning, style="default"))
