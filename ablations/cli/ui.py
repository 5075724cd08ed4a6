"""The command `ui`: parse, call, render."""

import os
from typing import Annotated

import typer

from ablations.cli.options import DEFAULT_RUNS, Runs, StudyName


def ui(
    study: StudyName,
    runs: Runs = DEFAULT_RUNS,
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Port on 127.0.0.1.")] = 5000,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the first link in the browser.")] = False,
) -> None:
    """Start MLflow's own UI on a study's store, on this machine only, and print links straight to what it shows.

    With MLFLOW_TRACKING_URI naming a server: only print the links to that server.
    """
    from ablations.terminal.console import show_warnings
    from ablations.terminal.links import show_ui
    from ablations.tracking.mlflow.refresh import refresh
    from ablations.tracking.mlflow.ui import HOST, check_port, is_server, running_ui, ui_command
    from ablations.tracking.views.links import base_of
    from ablations.workspace.opening import notices_on_opening
    from ablations.workspace.workspace import find_workspace

    workspace = find_workspace(study, runs)
    uri = os.environ.get("MLFLOW_TRACKING_URI") or workspace.mlflow_uri
    show_warnings(notices_on_opening(workspace))
    if is_server(uri):
        show_ui(base_of(uri), refresh(workspace, uri), workspace.root, open_browser)
        return
    check_port(port)
    is_new = uri == workspace.mlflow_uri and not workspace.mlflow_db.exists()
    shown = None if is_new else refresh(workspace, uri)
    try:
        with running_ui(ui_command(uri, workspace.mlartifacts, port), port) as server:
            show_ui(f"http://{HOST}:{port}", shown, workspace.root, open_browser, stops=True)
            raise typer.Exit(server.wait())
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
