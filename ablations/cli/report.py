"""The commands `report` and `compare`: parse, call, render."""

from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.options import Runs
from gan_core.problems import Problem, UserError

STDOUT = Path("-")


def report(
    studies: Annotated[list[str], typer.Argument(metavar="STUDY...", help="Study files, names or folders.")],
    runs: Runs = Path("runs"),
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            help="The page; - is the standard output.",
            show_default="report.html in the study's folder, or --runs",
        ),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write the figures there, as PNG and SVG.")
    ] = None,
) -> None:
    """Write what studies found as one HTML page that needs no network: answer, figures, samples, protocols."""
    from ablations.report.page.page import page_of
    from ablations.report.page.write import write_figures, write_page
    from ablations.report.study_report import study_reports
    from ablations.results.journal_mending import reader_warnings
    from ablations.terminal.console import hand_over, say, show_warnings
    from ablations.workspace.workspace import find_workspace

    workspaces = list(dict.fromkeys(find_workspace(study, runs) for study in studies))
    page = out or (workspaces[0].report_html if len(workspaces) == 1 else runs / "report.html")
    if page != STDOUT:
        _check_page(page)
    reports = study_reports([workspace.root for workspace in workspaces])
    for workspace in workspaces:
        show_warnings(reader_warnings(workspace.root))
    try:
        if page != STDOUT:
            write_page(reports, page)
        drawn = write_figures(reports, figures) if figures is not None else []
    except OSError as error:
        message, elsewhere = f"can't be written: {error.strerror}", "--out FILE.html and --figures DIR elsewhere"
        raise UserError(Problem(message, allowed=elsewhere, source=str(error.filename or page))) from error
    if page == STDOUT:
        hand_over(page_of(reports))
        return
    for one in reports:
        if one.across is not None:
            say(f"{one.name}: {one.across.headline}")
            if one.across.claims is not None:
                say(f"{one.name}: {one.across.claims.headline}")
        for table in one.tables:
            name = f"{one.name}, {table.table.block}" if table.table.block else one.name
            say(f"{name}: {table.answer.headline}")
            if table.claims is not None:
                say(f"{name}: {table.claims.headline}")
    say(f"written: {page}")
    if figures is not None:
        say(f"written: {len(drawn)} files of figures in {figures}")


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="An arm, a run (ARM-seedN), STUDY/ either, or a run's folder.")],
    b: Annotated[str, typer.Argument(metavar="B", help="What it is compared with.")],
    study: Annotated[
        str | None, typer.Option(metavar="STUDY", help="Where both are looked for.", show_default="in all of --runs")
    ] = None,
    runs: Runs = Path("runs"),
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Also write a page, with curves and samples.")
    ] = None,
) -> None:
    """Compare two arms or runs: the settings that differ, FID paired by seed with its verdict, curves, samples."""
    from ablations.report.compare import side_by_side
    from ablations.report.compare_sides import sides_of
    from ablations.report.page.write import write_comparison
    from ablations.terminal.compare import show_side_by_side
    from ablations.terminal.console import say

    if out is not None:
        _check_page(out)
    sides = side_by_side(*sides_of(a, b, study, runs))
    show_side_by_side(sides)
    if out is not None:
        try:
            write_comparison(sides, out)
        except OSError as error:
            raise UserError(Problem(f"{out} can't be written: {error.strerror}", ("--out",))) from error
        say(f"written: {out}")


def _check_page(path: Path) -> None:
    """Refuse, before anything is read, a place where no page can be written."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise UserError(Problem(f"{str(path)!r} is no HTML file", ("--out",), allowed="a name that ends with .html"))
    if path.is_dir() or not path.parent.is_dir():
        message = f"{path} can't be written: {'it is a folder' if path.is_dir() else f'there is no {path.parent}'}"
        raise UserError(Problem(message, ("--out",)))
