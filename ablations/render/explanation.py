"""In which fields two protocols differ, on the terminal."""

from rich import box
from rich.table import Table
from rich.text import Text

from ablations.leaderboard.explain import Explanation
from ablations.render.console import out, say


def show_explanation(explanation: Explanation) -> None:
    """What was compared, then a line a differing field."""
    say(f"A: {explanation.a}")
    say(f"B: {explanation.b}")
    for metric, (a, b) in explanation.stamps.items():
        same = a == b
        say(f"{metric}: {'one protocol' if same else 'two protocols'}, {a if same else f'{a} and {b}'}")
    for metric in explanation.only:
        say(f"{metric}: only one of them has it")
    if not explanation.differences:
        return
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in ("metric", "field", "A", "B"):
        shown.add_column(heading, overflow="fold")
    for difference in explanation.differences:
        shown.add_row(*map(Text, (difference.metric, difference.field, difference.a, difference.b)))
    out.print(shown)
