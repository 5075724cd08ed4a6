"""Progress on a terminal: bars and a live leaderboard."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ablations.executors.report import Report
from ablations.render.console import duration
from ablations.render.leaderboard import leaderboard_table
from ablations.session import Session
from gan_core.events import Finished

REFRESH_PER_S = 4


class LiveDisplay:
    """A bar a running trial with images/s and FID, one for the study with the time left, and the leaderboard."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session = session
        self._step, self._share = "", 0.0
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
        self._step, self._share = text, share or 0.0

    def report(self, report: Report) -> None:
        self._step, self._share = "", 0.0
        if isinstance(report.event, Finished):
            self._leaderboard = self._ranked()

    def _ranked(self) -> RenderableType:
        tables = [leaderboard_table(table) for table in self._session.leaderboard().tables if table.score]
        return Group(*tables)

    def _draw(self) -> RenderableType:
        progress = self._session.progress
        bars = Table.grid(padding=(0, 1))
        for row in list(progress.running.values()):
            rate = "" if row.images_per_s is None else f"{row.images_per_s:.0f} images/s"
            fid = "" if row.fid is None else f"FID {row.fid:.1f}"
            bars.add_row(row.name, ProgressBar(row.budget_images, row.images, width=30), rate, fid)
        left = progress.seconds_left
        bars.add_row(
            Text(self._session.study.name, style="bold"),
            ProgressBar(progress.budget_images, progress.images, width=30),
            f"{len(progress.done)} of {len(progress.trials)} trials",
            "" if left is None else f"about {duration(left)} left",
        )
        step: RenderableType = Text(self._step, style="dim")
        if self._share:
            bar = Table.grid(padding=(0, 1))
            bar.add_row(step, ProgressBar(1.0, self._share, width=30), f"{self._share:.0%}")
            step = bar
        return Group(self._leaderboard, bars, step)
