"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_RUNS = Path("runs")

Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where studies keep their results.")]
StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="A study file, a study's name or its folder.")]
Models = Annotated[
    bool, typer.Option("--models/--no-models", help="Log each arm's best generator as a model in MLflow.")
]
Register = Annotated[
    str | None, typer.Option(metavar="NAME", help="Make them versions of this registered model, an alias an arm.")
]
