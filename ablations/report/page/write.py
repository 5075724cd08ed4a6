"""The page and the figures as files."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from ablations.report.compare import SideBySide
from ablations.report.figures.canvas import WIDE, Format, written
from ablations.report.page.figures import figures_across, figures_of
from ablations.report.page.page import comparison_page, page_of
from ablations.report.study_report import StudyReport, study_reports
from ablations.workspace.workspace import Workspace
from gan_core.machine import files


def write_report(roots: Sequence[Path], out: Path) -> tuple[StudyReport, ...]:
    """Write the page of the studies in these folders, atomically, and return its numbers."""
    reports = study_reports(roots)
    write_page(reports, out)
    return reports


def write_page(reports: Sequence[StudyReport], out: Path) -> None:
    """Write the page of these numbers, atomically."""
    files.write_text(out, page_of(reports), shared=True)


def write_comparison(sides: SideBySide, out: Path) -> None:
    """The page of a comparison, atomically."""
    files.write_text(out, comparison_page(sides), shared=True)


def write_figures(
    reports: Sequence[StudyReport], folder: Path, formats: Sequence[Format] = ("svg", "png")
) -> list[Path]:
    """Each figure as STUDY-NAME.svg and .png; of a study with several tables STUDY-2-NAME from the second on.

    Of a study across several settings the first are those of all of them together.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for report in reports:
        drawn = [figures_of(table) for table in report.tables]
        if report.across is not None:
            drawn.insert(0, figures_across(report.across))
        for place, pictures in enumerate(drawn, start=1):
            prefix = report.name if place == 1 else f"{report.name}-{place}"
            for picture in pictures:
                for kind in formats:
                    path = folder / f"{prefix}-{picture.name}.{kind}"
                    path.write_bytes(written(picture.drawing, WIDE, kind))
                    paths.append(path)
    return paths


def write_at_the_end(workspace: Workspace) -> str:
    """Write the study's page and figures.

    Returns '' or, whatever went wrong, what to report: the results stay right.
    """
    shutil.rmtree(workspace.figures, ignore_errors=True)
    try:
        reports = write_report([workspace.root], workspace.report_html)
        write_figures(reports, workspace.figures, ("svg",))
    except Exception as error:  # a mistake of the drawing's must not fail what took hours
        workspace.report_html.unlink(missing_ok=True)  # an older one, or a part, would be taken for this one's
        shutil.rmtree(workspace.figures, ignore_errors=True)
        return f"no report was written ({type(error).__name__}: {error}); `report {workspace.root}` tries again"
    return ""
