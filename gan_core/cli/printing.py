"""What the commands print while they work."""

import sys
from typing import TYPE_CHECKING, TextIO

from gan_core.machine.visible import visible

if TYPE_CHECKING:
    from gan_core.events import AnyEvent


def say(text: object, file: TextIO | None = None, flush: bool = False) -> None:
    """Print text; what a name or path in it would do to a terminal is shown instead. `file`: not standard output."""
    print(visible(str(text)), file=file, flush=flush)


class Counter:
    """Prints how far a long preparation is, a line for each tenth."""

    def __init__(self, subject: str = "data", unit: str = "images") -> None:
        self.subject, self.unit = subject, unit
        self.said = ("", -1)

    def __call__(self, what: str, done: int, total: int) -> None:
        now = (what, done * 10 // max(total, 1))
        if now != self.said:
            self.said = now
            count = f" {done:,} of {total:,} {self.unit}" if total else ""
            say(f"{self.subject}: {what}{count}", file=sys.stderr, flush=True)


def line_of(event: "AnyEvent") -> str:
    """The line that is printed for an event; '' for events that are not printed."""
    from gan_core.events import Evaluated, Finished, Sampled, Ticked

    at = f"{event.kimg:9.2f} kimg"
    match event:
        case Ticked():
            means = "  ".join(f"{name} {value:.3g}" for name, value in event.means.items())
            return f"{at}  {event.images_per_s:7.0f} images/s  {means}"
        case Evaluated() if event.scores:
            scores = "  ".join(f"{score.name} {score.value:.4g}" for score in event.scores)
            return f"{at}  {event.of}: {scores}"
        case Sampled():
            return f"{at}  {event.path}"
        case Finished():
            inert = f"  never acted: {', '.join(event.inert)}" if event.inert else ""
            return f"{at}  {event.status} {event.reason}".rstrip() + inert
        case _:
            return ""
