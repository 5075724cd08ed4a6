"""What a study's folder shows people, written again as results come: the leaderboard's CSV and the report's page."""

import math
import time
from collections.abc import Callable
from pathlib import Path

from ablations.execution.look_record import record_looks
from ablations.execution.progress import OnStep
from ablations.leaderboard import Leaderboard, write_csv
from ablations.leaderboard.source import ResultSource, source_of
from ablations.results.results import ResultReader, trial_directories
from ablations.workspace.looks_taken import LookTaken
from ablations.workspace.workspace import Workspace

SHARE = 0.05  # of an execution's time, which computing the leaderboard may take while trials are running


class Outputs:
    """The outputs of one study. `with_report`: whether a page is wanted; why there is none is added to `warnings`.

    The leaderboard of thousands of trials takes a second, during which nobody listens to the running ones. So it is
    not computed at every end of a trial, but as often as `SHARE` allows: of a small study at every end all the same.
    """

    def __init__(
        self,
        workspace: Workspace,
        with_report: bool,
        warnings: list[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workspace, self.with_report, self.warnings, self._clock = workspace, with_report, warnings, clock
        self._reader = ResultReader()
        self._source: ResultSource | None = None
        self._leaderboard: Leaderboard | None = None  # of `_source`
        self._is_outdated = False  # whether a trial has ended since the CSV was written
        self._next_write = -math.inf  # the earliest time of the next one, by the clock

    def source(self) -> ResultSource:
        """The results as they are now; the same object as before if nothing has changed."""
        root = self.workspace.root
        now = source_of(self._reader.read(trial_directories(root)), root)
        before = self._source
        if before is None or now.results is not before.results or now.contexts != before.contexts:
            self._source, self._leaderboard = now, None
            return now
        return before

    def leaderboard(self) -> Leaderboard:
        """The ranked arms as they are now; the same object as before if nothing has changed."""
        source = self.source()
        if self._leaderboard is None:
            self._leaderboard = source.leaderboard()
        return self._leaderboard

    def take_looks(self) -> tuple[LookTaken, ...]:
        """Put the looks on record that the runs suffice for by now; returns all that were ever taken."""
        is_study = self.workspace.study_json.exists()
        return record_looks(self.leaderboard(), self.workspace.root) if is_study else ()

    def last_leaderboard(self) -> Leaderboard:
        """The ranked arms as they were computed last; they are computed only if they never were."""
        return self.leaderboard() if self._leaderboard is None else self._leaderboard

    def write_leaderboard(self) -> Path:
        """Write the CSV, and return its path."""
        begun = self._clock()
        self.take_looks()
        write_csv(self.leaderboard(), self.workspace.leaderboard_csv)
        now = self._clock()
        self._is_outdated, self._next_write = False, now + (now - begun) * (1 / SHARE - 1)
        return self.workspace.leaderboard_csv

    def follow(self, has_ended: bool) -> None:
        """Write the CSV if a trial has ended since it was written, and if `SHARE` allows it now.

        To be called at each report; `has_ended`: whether it is the end of a trial. What is put off comes with one of
        the next reports.
        """
        self._is_outdated |= has_ended
        if self._is_outdated and self._clock() >= self._next_write:
            self.write_leaderboard()

    def write_report(self, on_step: OnStep) -> None:
        """Write the page, where one is wanted."""
        if self.with_report:
            from ablations.report.page.write import write_at_the_end

            on_step("writing the report")
            if warning := write_at_the_end(self.workspace):
                self.warnings.append(warning)

    def has_report(self) -> bool:
        """Whether the page is there, from its first line to its last."""
        try:
            content = self.workspace.report_html.read_bytes()
        except OSError:
            return False
        return content.rstrip().endswith(b"</html>") and b"\0" not in content

    def files(self) -> list[Path]:
        """The files that exist and are wanted, for copies elsewhere."""
        report = [self.workspace.report_html, self.workspace.figures] if self.with_report else []
        wanted = [self.workspace.leaderboard_csv, self.workspace.looks_json, *report]
        return [path for path in wanted if path.exists()]
