"""What `sync` does, shown while it does it."""

from collections.abc import Iterable

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ablations.addresses import without_password
from ablations.terminal.console import out, say, show_warnings
from ablations.tracking.mlflow.sync import Step
from ablations.tracking.state import sync_command
from ablations.workspace.workspace import Workspace


def show_sync(steps: Iterable[Step], workspace: Workspace, uri: str) -> bool:
    """Draw a bar on a terminal, print a line for each thing elsewhere; then the outcome.

    Returns whether everything was sent.
    """
    sent = there = 0
    problems: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task("opening the store", total=None)
        for step in steps:
            if step.is_notice:
                show_warnings([step.name])
                continue
            progress.update(task, description=step.name, completed=step.done, total=step.of)
            if step.problem:
                problems.append(f"{step.name}: {step.problem}")
            elif step.was_there:
                there += 1
            else:
                sent += 1
                if not out.is_terminal:
                    say(f"{step.done} of {step.of}: {step.name}")
    show_warnings(problems)
    where = without_password(uri)
    if problems:
        say(f"not everything is in MLflow at {where}; to send the rest: {sync_command(workspace.root)}")
    else:
        say(f"everything is in MLflow at {where}: {sent} sent or looked at, {there} known to be there")
    return not problems
