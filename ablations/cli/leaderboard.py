"""The command `leaderboard`: parse, call, render."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli.files import STDOUT, check_places, write
from ablations.cli.options import DEFAULT_RUNS, Json, Runs
from gan_core.problems import Problem, UserError

if TYPE_CHECKING:
    from ablations.leaderboard.source import ResultSource


class By(StrEnum):
    """Which generators' scores rank the arms."""

    best = "best"
    last = "last"


File = Annotated[Path | None, typer.Option(metavar="FILE", help="Also write it there; - is the standard output.")]


def leaderboard(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY...]", help="Study files, names or folders; MLflow experiments with --from-mlflow."
        ),
    ] = None,
    runs: Runs = DEFAULT_RUNS,
    from_mlflow: Annotated[
        str | None,
        typer.Option(metavar="URI", help="Read a tracking store instead of the disk: these experiments, or all."),
    ] = None,
    from_csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Read what --runs-csv wrote; the study's file says how it is judged.",
        ),
    ] = None,
    by: Annotated[
        By, typer.Option(help="Rank by the mean over seeds of the best generators, or of the last.")
    ] = By.best,
    csv: File = None,
    md: File = None,
    runs_csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write one line a run, not an arm; - is standard output.")
    ] = None,
    explain: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Say in which fields the protocols of two arms, runs or stamps differ."),
    ] = None,
    as_json: Json = False,
    columns: Annotated[bool, typer.Option("--columns", help="Say what the columns of the files mean.")] = False,
) -> None:
    """Rank the arms of studies by their mean FID, with the paired difference from each study's baseline.

    Scores of different protocols are never ranked together: they are tables of their own.
    """
    from ablations.leaderboard import csv_of, json_of
    from ablations.leaderboard.explain import explain as explained
    from ablations.leaderboard.text.markdown import columns_page, markdown_of
    from ablations.results.csv_text import csv_text
    from ablations.results.table import results_table
    from ablations.terminal.console import hand_over, show_warnings
    from ablations.terminal.leaderboard import show_effects, show_explanation, show_leaderboard

    _check_json(as_json, studies or (), {"--explain": explain is not None, "--columns": columns})
    if columns:
        hand_over(columns_page())
        return
    json = STDOUT if as_json else None
    check_places({"--csv": csv, "--json": json, "--md": md, "--runs-csv": runs_csv})
    source = _source(studies or (), runs, from_mlflow, from_csv)
    if source.warning:
        show_warnings(source.warning.splitlines())
    if explain is not None:
        show_explanation(explained(*explain, source.results, by.value, source.journal_of))
        return
    ranked = source.leaderboard(by.value)
    texts: dict[str, tuple[Path | None, Callable[[], str]]] = {
        "--csv": (csv, lambda: csv_of(ranked)),
        "--json": (json, lambda: json_of(ranked)),
        "--md": (md, lambda: markdown_of(ranked)),
        "--runs-csv": (runs_csv, lambda: csv_text(results_table(source.results))),
    }
    wanted = {option: (path, text) for option, (path, text) in texts.items() if path is not None}
    to_stdout = [option for option, (path, _) in wanted.items() if path == STDOUT]
    if not to_stdout:
        show_leaderboard(ranked)
        show_effects(ranked)
    for option, (path, text) in wanted.items():
        write(option, path, text(), tell=not to_stdout)


def _source(studies: Sequence[str], runs: Path, from_mlflow: str | None, from_csv: Path | None) -> "ResultSource":
    from ablations.leaderboard.source import from_disk, from_table

    if from_csv is None:
        return from_disk(studies, runs) if from_mlflow is None else _from_mlflow(from_mlflow, studies)
    if from_mlflow is not None:
        raise UserError(Problem("results come from one place", ("--from-csv",), allowed="without --from-mlflow"))
    return from_table(from_csv, studies)


def _from_mlflow(uri: str, experiments: Sequence[str]) -> "ResultSource":
    from ablations.tracking.mlflow.results import from_mlflow

    return from_mlflow(uri, experiments)


def _check_json(as_json: bool, studies: Sequence[str], others: Mapping[str, bool]) -> None:
    """Refuse what is no leaderboard in JSON, and a file behind `--json`, which took one up to version 0.2."""
    problems = [Problem(f"{name} prints no leaderboard", ("--json",)) for name, is_given in others.items() if is_given]
    problems += [
        Problem(f"takes no file, and {name!r} is taken for a study", ("--json",), f"--json > {name}")
        for name in studies
        if name.endswith(".json")
    ]
    if as_json and problems:
        raise UserError(*problems)
