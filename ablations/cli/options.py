"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_RUNS = Path("runs")
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where studies keep their results.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output; words go to standard error.")
]
StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="A study file, a study's name or its folder.")]
Named = Annotated[str, typer.Argument(metavar="STUDY", help="A study's name or its folder.")]
StoreThatHasIt = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        envvar="MLFLOW_TRACKING_URI",
        metavar="URI",
        help="An MLflow store that has it.",
        show_default="the servers that it was sent to",
    ),
]
LocalOnly = Annotated[bool, typer.Option("--local", help="Leave what servers have of it.")]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Run code that came with it and was never named on this machine.")
]
Use = Annotated[
    list[Path] | None,
    typer.Option("--use", metavar="FILE", help="A file with code of your own; may be repeated.", show_default=False),
]
Offline = Annotated[bool, typer.Option("--offline", help="Leave MLflow alone; `sync` sends everything later.")]
Models = Annotated[
    bool, typer.Option("--models/--no-models", help="Log each arm's best generator as a model in MLflow.")
]
Register = Annotated[
    str | None, typer.Option(metavar="NAME", help="Make them versions of this registered model, an alias an arm.")
]
# What a command line changes in a study file, for all arms
AsName = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Keep the results under this name.")]
Budget = Annotated[float | None, typer.Option("--budget-kimg", metavar="X", help="Another budget for all arms.")]
Data = Annotated[str | None, typer.Option("--data", metavar="DATA", help="Other data: a name, or folder:PATH.")]
ExtractorName = Annotated[str | None, typer.Option("--extractor", metavar="NAME", help="Another extractor.")]
Seeds = Annotated[int | None, typer.Option("--seeds", metavar="N", help="Another number of seeds: 0 to N - 1.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another setting for all arms; may be repeated.")
]
Weights = Annotated[
    Path | None,
    typer.Option("--inception-weights", metavar="FILE", help="Inception's weights.", show_default="downloaded"),
]
