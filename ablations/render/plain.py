"""Progress in a pipe: a line for each score and each end; nothing moves."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from ablations.executors.report import Report
from ablations.render.console import duration
from ablations.session import Session
from gan_core.events import Evaluated, Finished


class PlainDisplay:
    """A line for each score and each end; nothing moves."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session, self._console = session, console
        self._said: tuple[str, int] = ("", 0)  # the last step, and how many tenths of it

    def __enter__(self) -> Self:
        progress, resources = self._session.progress, self._session.resources
        self._say(
            f"{self._session.study.name}: {len(progress.trials)} trials, {len(progress.done)} done; "
            f"{resources.workers} side by side on {', '.join(resources.devices)}, {resources.threads} thread(s) each"
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def step(self, text: str, share: float | None = None) -> None:
        """A line for each step, and for each tenth of a long one."""
        now = (text, int((share or 0.0) * 10))
        if now != self._said:
            self._said = now
            self._say(text if not share else f"{text}, {share:.0%}")

    def report(self, report: Report) -> None:
        event, progress = report.event, self._session.progress
        if event is None:
            self._say(f"{report.name}: {report.left}")
        elif isinstance(event, Finished):
            left = progress.seconds_left
            rest = "" if left is None else f", about {duration(left)} left"
            reason = f" ({event.reason})" if event.reason else ""
            done = f"{len(progress.done)} of {len(progress.trials)} done{rest}"
            self._say(f"{report.name}: {event.status}{reason} after {duration(event.wall_s)}; {done}")
        elif isinstance(event, Evaluated) and event.scores:
            scores = ", ".join(f"{score.name} {score.value:.2f}" for score in event.scores)
            self._say(f"{report.name}: {event.kimg:.1f} kimg, {event.of}: {scores}")

    def _say(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)
