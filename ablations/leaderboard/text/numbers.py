"""Numbers as text: on the terminal, in Markdown and on pages."""

import math


def number(value: float, signed: bool = False) -> str:
    """Two digits after the point below 10, else one; '' where there is no number."""
    return "" if math.isnan(value) else f"{value:{'+' if signed else ''}.{2 if abs(value) < 10 else 1}f}"


FARTHEST = 1000.0  # percent: what lies beyond says no more


def percent(ratio: float) -> str:
    """A ratio as a change: '-12', '+3.4', '>+1000'; '' where there is no number."""
    change = 100 * (ratio - 1)
    if change > FARTHEST:
        return f">+{FARTHEST:.0f}"
    return "" if math.isnan(change) else f"{change:+.1f}" if abs(change) < 10 else f"{change:+.0f}"
