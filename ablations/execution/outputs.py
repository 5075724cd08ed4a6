"""What a study's folder shows people, written again as results come: the leaderboard's CSV and the report's page."""

from pathlib import Path

from ablations.execution.progress import OnStep
from ablations.leaderboard import Leaderboard, write_csv
from ablations.leaderboard.source import ResultSource, from_folders
from ablations.workspace.workspace import Workspace


class Outputs:
    """The outputs of one study. `with_report`: whether a page is wanted; why there is none is added to `warnings`."""

    def __init__(self, workspace: Workspace, with_report: bool, warnings: list[str]) -> None:
        self.workspace, self.with_report, self.warnings = workspace, with_report, warnings

    def source(self) -> ResultSource:
        """The results as they are now."""
        return from_folders([self.workspace.root])

    def leaderboard(self) -> Leaderboard:
        """The ranked arms as they are now."""
        return self.source().leaderboard()

    def write_leaderboard(self) -> Path:
        """Write the CSV, and return its path."""
        write_csv(self.leaderboard(), self.workspace.leaderboard_csv)
        return self.workspace.leaderboard_csv

    def write_report(self, on_step: OnStep) -> None:
        """Write the page, where one is wanted."""
        if self.with_report:
            from ablations.report.page.write import write_at_the_end

            on_step("writing the report")
            if warning := write_at_the_end(self.workspace):
                self.warnings.append(warning)

    def files(self) -> list[Path]:
        """The files that exist and are wanted, for copies elsewhere."""
        report = [self.workspace.report_html, self.workspace.figures] if self.with_report else []
        wanted = [self.workspace.leaderboard_csv, *report]
        return [path for path in wanted if path.exists()]
