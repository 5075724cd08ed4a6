"""Progress in a pipe: a line for each score and each end; nothing moves."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from ablations.executors.report import Report
from ablations.render.console import duration
from ablations.render.ends import end_of
from ablations.session import Session
from gan_core.events import Evaluated


class PlainDisplay:
    """A line for each score and each end; nothing moves."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session, self._console = session, console
        self._said = ("", 0)  # the last step, and how many tenths of it

    def __enter__(self) -> Self:
        progress, resources = self._session.progress, self._session.resources
        self._say(
            f"{self._session.study.name}: {progress.count} trials, {len(progress.done)} done; "
            f"{resources.workers} side by side on {', '.join(resources.devices)}, {resources.threads} thread(s) each"
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def step(self, text: str, share: float | None = None) -> None:
        """What is being done besides training; of what takes long a line each tenth. `share`: done, 0 to 1."""
        now = (text, int((share or 0.0) * 10))
        if now != self._said:
            self._said = now
            self._say(text if not share else f"{text}, {100 * share:.0f} %")

    def report(self, report: Report) -> None:
        """Tell of one report that the session's progress has in it already."""
        if isinstance(report.event, Evaluated) and report.event.scores:
            scores = ", ".join(f"{score.name} {score.value:.2f}" for score in report.event.scores)
            self._say(f"{report.name}: {report.event.kimg:.1f} kimg, {report.event.of}: {scores}")
        if end := end_of(report):
            progress = self._session.progress
            left = "" if progress.seconds_left is None else f", about {duration(progress.seconds_left)} left"
            self._say(f"{report.name}: {end}; {len(progress.done)} of {progress.count} done{left}")

    def _say(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)
