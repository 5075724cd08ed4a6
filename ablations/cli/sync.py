"""`python -m ablations sync`: send to MLflow what it has missed."""

from typing import Annotated

import typer

from ablations.cli.options import DEFAULT_RUNS, AllowCode, Models, Register, Runs, StudyName


def sync(
    study: StudyName,
    runs: Runs = DEFAULT_RUNS,
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            "--tracking-uri",
            envvar="MLFLOW_TRACKING_URI",
            metavar="URI",
            help="The store.",
            show_default="SQLite in the study's folder",
        ),
    ] = None,
    models: Models = True,
    register: Register = None,
    allow_code: AllowCode = False,
) -> None:
    """Send to MLflow what it has not yet of a study: points, parameters, pictures, files, and how each run ended.

    Everything arrives once, however often this is run; not while `run` is at work on the study.
    """
    from ablations.terminal.console import show_warnings
    from ablations.terminal.sync import show_sync
    from ablations.tracking.mlflow.sync import sync as steps_of
    from ablations.tracking.model_names import check_register
    from ablations.workspace.opening import settle
    from ablations.workspace.recorded import load_code
    from ablations.workspace.workspace import find_workspace
    from gan_core.machine.files import exclusive

    check_register(register, logged=models)
    workspace = find_workspace(study, runs)
    workspace.check_writable()  # what was sent is noted in each trial's folder
    uri = tracking_uri or workspace.mlflow_uri
    with exclusive(workspace.lock_file, f"study {workspace.name}"):
        if notices := settle(workspace):
            show_warnings(notices)
        load_code(workspace, allow_code)
        artifacts = None if tracking_uri else workspace.mlartifacts
        steps = steps_of(workspace, uri, artifacts, models=models, register=register)
        complete = show_sync(steps, workspace, uri)
    raise typer.Exit(0 if complete else 1)
