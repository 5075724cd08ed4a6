"""Progress on a terminal: bars and a live leaderboard."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ablations.executors.report import Report
from ablations.progress import StudyProgress
from ablations.render.console import duration, number
from ablations.render.ends import end_of
from ablations.render.leaderboard import leaderboard_table
from ablations.session import Session
from gan_core.events import Finished

REFRESH_PER_S = 4
BAR_WIDTH = 30


class LiveDisplay:
    """A bar for the study with the time left, one a running trial with images/s and FID, and the leaderboard.

    What went wrong with a trial stays on the screen as a line above.
    """

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._step = ""
        self._share: float | None = None
        self._leaderboard: RenderableType = self._ranked()
        self._live = Live(console=console, refresh_per_second=REFRESH_PER_S, get_renderable=self._draw, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def step(self, text: str, share: float | None = None) -> None:
        """What is being done besides training, and how much of it is done, 0 to 1."""
        self._step, self._share = text, share

    def report(self, report: Report) -> None:
        """Take note of one report that the session's progress has in it already."""
        self._step, self._share = "", None
        end = end_of(report)
        if end and report.name not in self._session.progress.done:
            self._live.console.print(Text(f"{report.name}: {end}"), soft_wrap=True)
        if isinstance(report.event, Finished):
            self._leaderboard = self._ranked()

    def _ranked(self) -> RenderableType:
        return Group(*(leaderboard_table(table) for table in self._session.outputs.leaderboard().tables if table.score))

    def _draw(self) -> RenderableType:
        """The leaderboard last: a window that is too low cuts it, not the bars."""
        bars = progress_bars(self._session.study.name, self._session.progress)
        step = Table.grid(padding=(0, 1))
        bar = "" if self._share is None else ProgressBar(1.0, self._share, width=BAR_WIDTH)
        step.add_row(Text(self._step, style="dim"), bar)
        return Group(step, bars, self._leaderboard)


def progress_bars(study: str, progress: StudyProgress) -> Table:
    """The study's bar, then one for each running trial."""
    bars = Table.grid(padding=(0, 1))
    left = progress.seconds_left
    bars.add_row(
        Text(study, style="bold"),
        ProgressBar(progress.budget_images, progress.images, width=BAR_WIDTH),
        f"{len(progress.done)} of {progress.count} trials",
        "" if left is None else f"about {duration(left)} left",
    )
    for row in list(progress.running.values()):  # drawn in another thread than the one that changes it
        rate = "" if row.images_per_s is None else f"{row.images_per_s:,.0f} images/s"
        fid = "" if row.fid is None else f"FID {number(row.fid)}"
        bars.add_row(row.name, ProgressBar(row.budget_images, row.images, width=BAR_WIDTH), rate, fid)
    return bars
