"""Progress on a terminal: bars and a live leaderboard."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ablations.execution.progress import StudyProgress
from ablations.execution.session import Session
from ablations.execution.standing import Standing
from ablations.leaderboard import Leaderboard
from ablations.leaderboard.text.numbers import number
from ablations.terminal.console import duration, out, say, show_warnings
from ablations.terminal.leaderboard import leaderboard_table
from ablations.terminal.standing import standing_text
from gan_core.events import Evaluated, Finished
from gan_core.workers.job import Report

REFRESH_PER_S = 4
BAR_WIDTH = 30
FEWEST_BARS = 8  # of running trials, however low the window is; else half of its lines


class LiveDisplay:
    """A bar for the study with the time left, one for each running trial with images/s and FID, and the leaderboard.

    What went wrong with a trial stays on the screen as a line above.
    """

    def __init__(self, session: Session, console: Console) -> None:
        self._session, self._console = session, console
        self._step = ""
        self._share: float | None = None
        self._ranked = session.outputs.last_leaderboard()
        self._leaderboard = _drawn(self._ranked)
        self._live = Live(console=console, refresh_per_second=REFRESH_PER_S, get_renderable=self._draw, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def step(self, text: str, share: float | None = None) -> None:
        """Show what is being done besides training, and the share of it that is done, 0 to 1."""
        self._step, self._share = text, share

    def report(self, report: Report) -> None:
        """Show one report that the session's progress contains already."""
        self._step, self._share = "", None
        end = end_of(report)
        if end and report.name not in self._session.progress.done:
            self._live.console.print(Text(f"{report.name}: {end}"), soft_wrap=True)
        if (ranked := self._session.outputs.last_leaderboard()) is not self._ranked:
            self._ranked, self._leaderboard = ranked, _drawn(ranked)

    def look(self, standing: Standing) -> None:
        """Print where the study stands; it stays on the screen, above what moves."""
        self._live.console.print(standing_text(standing))

    def _draw(self) -> RenderableType:
        """Draw the leaderboard last: where the window is too low it is cut, and not the bars."""
        most = max(FEWEST_BARS, self._console.height // 2)
        bars = progress_bars(self._session.study.name, self._session.progress, most)
        step = Table.grid(padding=(0, 1))
        bar = "" if self._share is None else ProgressBar(1.0, self._share, width=BAR_WIDTH)
        step.add_row(Text(self._step, style="dim"), bar)
        return Group(step, bars, self._leaderboard)


def _drawn(leaderboard: Leaderboard) -> RenderableType:
    return Group(*(leaderboard_table(table) for table in leaderboard.tables if table.score))


def progress_bars(study: str, progress: StudyProgress, most: int) -> Table:
    """The study's bar, then one for each running trial: of the first `most`, since a window has so many lines."""
    bars = Table.grid(padding=(0, 1))
    left = progress.seconds_left
    bars.add_row(
        Text(study, style="bold"),
        ProgressBar(progress.budget_images, progress.images, width=BAR_WIDTH),
        f"{len(progress.done)} of {progress.count} trials",
        "" if left is None else f"about {duration(left)} left",
    )
    running = list(progress.running.values())  # drawn in another thread than the one that changes it
    for row in running[:most]:
        rate = "" if row.images_per_s is None else f"{row.images_per_s:,.0f} images/s"
        fid = "" if row.fid is None else f"FID {number(row.fid)}"
        bars.add_row(row.name, ProgressBar(row.budget_images, row.images, width=BAR_WIDTH), rate, fid)
    if others := running[most:]:
        rates = sum(row.images_per_s for row in others if row.images_per_s is not None)
        bars.add_row(Text(f"and {len(others)} more", style="dim"), "", f"{rates:,.0f} images/s" if rates else "", "")
    return bars


def end_of(report: Report) -> str:
    """'finished after 7 s', 'failed (OSError: ...) after 7 s', 'stopped'...; '' for a report of anything else."""
    event = report.event
    if event is None:
        return report.left
    if not isinstance(event, Finished):
        return ""
    return f"{event.status}{f' ({event.reason})' if event.reason else ''} after {duration(event.wall_s)}"


class PlainDisplay:
    """A line for each score and each end; nothing moves."""

    def __init__(self, session: Session, console: Console) -> None:
        self._session, self._console = session, console
        self._said = ("", 0)  # the last step, and how many tenths of it

    def __enter__(self) -> Self:
        progress, resources = self._session.progress, self._session.resources
        self._say(
            f"{self._session.study.name}: {progress.count} trials, {len(progress.done)} done; {resources.in_words}"
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def step(self, text: str, share: float | None = None) -> None:
        """Print what is being done besides training; where it takes long, a line for each tenth.

        `share`: done, 0 to 1.
        """
        now = (text, int((share or 0.0) * 10))
        if now != self._said:
            self._said = now
            self._say(text if not share else f"{text}, {100 * share:.0f} %")

    def report(self, report: Report) -> None:
        """Print one report that the session's progress contains already."""
        if isinstance(report.event, Evaluated) and report.event.scores:
            scores = ", ".join(f"{score.name} {score.value:.2f}" for score in report.event.scores)
            self._say(f"{report.name}: {report.event.kimg:.1f} kimg, {report.event.of}: {scores}")
        if end := end_of(report):
            progress = self._session.progress
            left = "" if progress.seconds_left is None else f", about {duration(progress.seconds_left)} left"
            self._say(f"{report.name}: {end}; {len(progress.done)} of {progress.count} done{left}")

    def look(self, standing: Standing) -> None:
        """Print where the study stands."""
        self._console.print(standing_text(standing))

    def _say(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)


def display(session: Session) -> LiveDisplay | PlainDisplay:
    """The progress display of an execution: live on a terminal, plain lines elsewhere."""
    show_warnings(session.study.warnings)
    return LiveDisplay(session, out) if out.is_terminal else PlainDisplay(session, out)


class Steps:
    """Prints a line for each thing that is done; where it takes long, a line for each tenth."""

    def __init__(self) -> None:
        self._said = ("", -1)

    def __call__(self, text: str, share: float | None = None) -> None:
        """See `ablations.execution.preparation.OnStep`."""
        now = ("", int(share * 10)) if share is not None else (text, -1)
        if now != self._said:
            self._said = now
            say(text)
