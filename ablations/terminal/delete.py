"""What is about to be deleted, the question, and that it is done."""

import sys
from typing import TYPE_CHECKING

from rich.prompt import Confirm

from ablations.addresses import without_password
from ablations.delete import Everything, embedded_counts
from ablations.terminal.console import err, say, show_warnings
from gan_core.problems import Problem, UserError

if TYPE_CHECKING:
    from ablations.tracking.mlflow.removal import StoreContents

UNITS = ("bytes", "kB", "MB", "GB", "TB")


def show_everything(found: Everything) -> None:
    """Print a line for each place, with what is there."""
    folder = found.folder
    say(f"study {found.workspace.name}, and all there is of it:")
    say(f"folder:      {folder.root}: {folder.trials} trials, {folder.files} files, {size(folder.size)}")
    if folder.has_store:
        runs, models, versions = embedded_counts(found)
        say(f"             with its MLflow store: {runs} runs, {models} logged models, {versions} registered versions")
    if folder.has_ledger:
        say("             with its Optuna ledger")
    for store in found.stores:
        say(f"MLflow:      {without_password(store.uri)}: {_in_store(store)}")
    for name, trials in found.ledgers.items():
        say(f"Optuna:      {without_password(found.storage or '')}: study {name!r}, {trials} trials")
    if folder.taken_by:
        say(f"stays:       what other studies took over from it ({', '.join(folder.taken_by)})")
    show_warnings(found.warnings)


def confirm(name: str) -> bool:
    """Whether the user confirms. Raises UserError where nobody can be asked."""
    return ask(f"delete study {name} for good?", "nothing was deleted", "delete")


def ask(question: str, nothing: str, action: str) -> bool:
    """The answer to a question of yes or no. Raises UserError, which begins with `nothing`, if nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            Problem(f"{nothing}: there is no terminal to ask on", allowed=f"--yes, to {action} without a question")
        )
    return Confirm.ask(question, console=err, default=False)


def show_deleted(found: Everything) -> None:
    """That it is gone, and what a server keeps."""
    say(f"study {found.workspace.name} is deleted")
    if any(store.experiment_id is not None for store in found.stores):
        say("MLflow hides what is deleted; `mlflow gc` on the server frees the space")


def size(count: int) -> str:
    """'512 bytes', '1.5 MB'."""
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.{0 if unit == 0 else 1}f} {UNITS[unit]}"


def _in_store(store: "StoreContents") -> str:
    if store.experiment_id is None:
        return "nothing"
    versions = ", ".join(f"{name} {version}" for name, version in store.versions) or "no registered version"
    runs = f"{len(store.executions)} executions and {len(store.trials)} trials"
    goes = "stays, for it has" if store.others else "goes, with"
    others = f"{store.others} runs of others" if store.others else "no other runs"
    return f"{runs}, {len(store.models)} logged models, {versions}; experiment {store.experiment!r} {goes} {others}"
