"""The command `scrub`: parse, call, render."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ablations.cli.options import DEFAULT_RUNS, LocalOnly, Named, Runs, StoreThatHasIt


def scrub(
    study: Named,
    runs: Runs = DEFAULT_RUNS,
    tracking_uri: StoreThatHasIt = None,
    local: LocalOnly = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without a question.")] = False,
) -> None:
    """Remove untracked files and secrets from the patches that a study's records have, here and in MLflow. Asks first.

    Versions before 0.2.0 wrote them there. Results are not touched. Not while the study is running.
    """
    from ablations.scrub import find_leaks, remove_leaks
    from ablations.terminal.scrub import confirm, show_leaks, show_removal
    from ablations.workspace.workspace import Workspace, find_workspace
    from gan_core.machine.files import exclusive

    workspace = Workspace(Path(os.path.abspath(find_workspace(study, runs).root)))
    workspace.check_writable()
    with exclusive(workspace.lock_file, f"study {workspace.name}"):
        found = find_leaks(workspace, tracking_uri or None, local=local)
        show_leaks(workspace.name, found)
        complete = not found.problems
        if found.leaks and not dry_run:
            if not yes and not confirm(workspace.name):
                raise typer.Exit(1)
            complete = show_removal(remove_leaks(found)) and complete
    raise typer.Exit(0 if complete else 1)
