"""Where the MLflow UI shows a study well, and how to reach a server."""

from collections.abc import Callable
from pathlib import Path

from ablations.render.console import say
from ablations.server.settings import ServerSettings
from ablations.tracking.cursor import without_password


def show_links(address: Callable[..., str], base: str, experiment_id: str | None) -> None:
    """Where MLflow's UI shows the study well."""
    if experiment_id is None:
        say(f"{base} (nothing has been tracked yet)")
        return
    say(f"runs grouped by arm:  {address(base, experiment_id, 'arms')}")
    say(f"every trial:          {address(base, experiment_id, 'trials')}")
    say("Ctrl-C stops the server.")


def show_server(settings: ServerSettings, drawn_in: Path | None) -> None:
    """How clients reach the server that is about to start. No secret is printed."""
    name = settings.allowed_hosts[0] if settings.allowed_hosts else settings.host
    address = f"http://{name}" if ":" in name else f"http://{name}:{settings.port}"
    say(f"MLflow:   {address}")
    say(f"runs:     {without_password(settings.mlflow_uri)}")
    say(f"files:    {settings.artifacts_uri}")
    if settings.postgres is not None:
        say(f"Optuna:   --storage {without_password(settings.optuna_uri)}")
    if drawn_in is not None:
        say(f"account:  the administrator's is in {drawn_in}, for MLFLOW_TRACKING_USERNAME and _PASSWORD")
    say(f"clients:  MLFLOW_TRACKING_URI={address} python -m ablations run STUDY.yaml")
