"""The command `delete`: parse, call, render."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.options import DEFAULT_RUNS, LocalOnly, Named, Runs, StoreThatHasIt


def delete(
    study: Named,
    runs: Runs = DEFAULT_RUNS,
    tracking_uri: StoreThatHasIt = None,
    storage: Annotated[
        str | None,
        typer.Option(envvar="ABLATIONS_STORAGE", metavar="URL", help="Optuna's storage, where it has one elsewhere."),
    ] = None,
    local: LocalOnly = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without a question.")] = False,
) -> None:
    """Delete a study everywhere: its folder, its Optuna ledger, its runs and models in MLflow. Asks first.

    Not while the study is running. What other studies took over from it stays.
    """
    from ablations.delete import find_everything, remove_everything
    from ablations.terminal.console import say
    from ablations.terminal.delete import confirm, show_deleted, show_everything
    from ablations.terminal.progress import Steps
    from ablations.workspace.workspace import Workspace, find_workspace
    from gan_core.machine.files import exclusive

    workspace = Workspace(Path(os.path.abspath(find_workspace(study, runs, by_folder=True).root)))
    with exclusive(workspace.lock_file, f"study {workspace.name}"):
        found = find_everything(workspace, tracking_uri or None, storage or None, local=local)
        show_everything(found)
        if not yes and not confirm(workspace.name):
            say("nothing was deleted")
            raise typer.Exit(1)
        remove_everything(found, Steps())
        show_deleted(found)
