"""Where text goes, and how numbers and durations read."""

import math
import sys

from rich.console import Console
from rich.text import Text

PIPE_WIDTH = 150  # of tables where no terminal says how wide it is
out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(highlight=False, stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """One plain line."""
    out.print(Text(text), soft_wrap=True)


def duration(seconds: float) -> str:
    """'7 s', '3:05 min' or '2:10 h'."""
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02} h"


def number(value: float, signed: bool = False) -> str:
    """Two digits behind the point below 10, else one; empty for a number that there is not."""
    return "" if math.isnan(value) else f"{value:{'+' if signed else ''}.{2 if abs(value) < 10 else 1}f}"


def percent(ratio: float) -> str:
    """A ratio as a change: '-12', '+3.4'; '' where there is no number."""
    change = 100 * (ratio - 1)
    return "" if math.isnan(change) else f"{change:+.1f}" if abs(change) < 10 else f"{change:+.0f}"
