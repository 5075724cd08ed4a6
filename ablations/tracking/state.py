"""What is known of a store before MLflow is imported: whether it has everything, and whether a server answers."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from ablations.addresses import WEB, scheme_of, without_password
from ablations.server.check import trouble_with
from ablations.workspace.cursor import is_shipped
from ablations.workspace.execution_record import executions_of, is_execution_shipped
from ablations.workspace.trials import Trial

TOKEN = "MLFLOW_TRACKING_TOKEN"


def is_study_shipped(trials: Sequence[Trial], root: Path, uri: str) -> bool:
    """Whether the store at `uri` has all trials and executions of a study, as far as is known here."""
    return all(is_shipped(trial.directory, uri) for trial in trials) and all(
        is_execution_shipped(folder, uri) for folder in executions_of(root)
    )


def server_trouble(uri: str, environment: Mapping[str, str]) -> str:
    """Why the server at `uri` takes no requests; '' where it does, or where this can't be said so simply."""
    if scheme_of(uri) not in WEB or environment.get(TOKEN) or without_password(uri) != uri:  # another way to be let in
        return ""
    return trouble_with(uri, environment)


WAY_ON = "wait until it answers; or train now with --offline and send everything later with `python -m ablations sync`"


def sync_command(root: Path) -> str:
    """The command that sends what a study's folder holds and a store lacks."""
    return f"python -m ablations sync {shlex.quote(str(root))}"
