"""Where text is printed, and how numbers and durations are written."""

import io
import math
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ablations.addresses import without_passwords
from gan_core.machine.output import ERRORS
from gan_core.machine.visible import visible
from gan_core.problems import UserError

PIPE_WIDTH = 150  # of tables where no terminal says how wide it is


class Screen(Console):
    """A console that draws with what the stream can show, and on which text from elsewhere can't act."""

    @property
    def encoding(self) -> str:
        """The stream's, which rich asks only where it was given one: tables are drawn in ASCII where it isn't UTF."""
        return (getattr(self.file, "encoding", None) or "utf-8").lower()

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What rich itself sends to steer the terminal is marked as such; the rest is text."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(visible(text), style)


out = Screen(highlight=False, width=None if sys.stdout and sys.stdout.isatty() else PIPE_WIDTH)
err = Screen(highlight=False, stderr=True, soft_wrap=True)


def hand_over(document: str) -> None:
    """Write a document to standard output: as it would lie in a file, in UTF-8; fit to be read on a terminal."""
    if sys.stdout.isatty():
        document = visible(document)
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors=ERRORS)
    sys.stdout.write(document)


def say(text: str) -> None:
    """Print one plain line."""
    out.print(Text(text), soft_wrap=True)


def duration(seconds: float) -> str:
    """'7 s', '3:05 min' or '2:10 h'; 'unknown' for NaN."""
    if math.isnan(seconds):
        return "unknown"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02} h"


MOST_PROBLEMS = 50
FOLD = 8  # a list of names longer than this is folded where the nearest name is known


def show_error(error: UserError) -> None:
    """Print every problem: what, where, what is allowed, what was probably meant."""
    for problem in error.problems[:MOST_PROBLEMS]:
        line = Text("error: ", style="bold red")
        if problem.source:
            line.append(f"{problem.source}: ", style="bold")
        if problem.where:
            line.append(f"{problem.path}: ", style="cyan")
        line.append(without_passwords(problem.message), style="default")
        if problem.allowed and not (problem.nearest and problem.allowed.count(",") >= FOLD):
            line.append(f"; allowed: {problem.allowed}", style="default")
        if problem.nearest:
            line.append(f"; did you mean {problem.nearest!r}?", style="default")
        err.print(line)
    if (more := len(error.problems) - MOST_PROBLEMS) > 0:
        err.print(Text(f"error: and {more} more"))


def show_warnings(warnings: Sequence[str]) -> None:
    """Print what is allowed, and questionable."""
    for warning in warnings:
        err.print(Text("warning: ", style="bold yellow").append(without_passwords(warning), style="default"))
