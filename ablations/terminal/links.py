"""Where the MLflow UI shows a study well, and how to reach a server."""

import shlex
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.addresses import without_password
from ablations.server.settings import ServerSettings
from ablations.terminal.console import say, show_warnings
from ablations.tracking.mlflow.ui import is_server
from ablations.tracking.state import sync_command
from ablations.tracking.views.description import links_of
from ablations.tracking.views.links import Links, base_of
from ablations.tracking.views.views import STUDY
from ablations.workspace.cursor import experiment_of

if TYPE_CHECKING:
    from ablations.tracking.mlflow.refresh import RefreshedStore

UI = "http://127.0.0.1:5000"  # where `ui` serves unless it is told otherwise


def show_ui(base: str, shown: "RefreshedStore | None", root: Path, opened: bool, stops: bool = False) -> None:
    """Where the UI at `base` shows the study; `opened`: in the browser too; `stops`: whether Ctrl-C ends it."""
    if shown is None:
        say(f"{base} (nothing of this study is there yet: {sync_command(root)})")
    else:
        links = links_of(Links(base, shown.tracked.experiment_id), shown.tracked)
        for words, address in links.items():
            say(f"{words + ':':{max(map(len, links)) + 2}}{address}")
        if shown.warning:
            show_warnings([shown.warning])
        if opened and not webbrowser.open(next(iter(links.values()))):
            show_warnings(["no browser could be opened: is there a display?"])
    if stops:
        say("Ctrl-C stops the server.")


def show_tracked(uri: str, root: Path) -> None:
    """At the end of an execution: the address of its runs, and how to have a UI at it where no server is."""
    at_server = is_server(uri)
    experiment = experiment_of(root / "trials")
    address = Links(base_of(uri) if at_server else UI, experiment).view(STUDY) if experiment else ""
    ui = f"python -m ablations ui {shlex.quote(str(root))}"
    if not at_server:
        say(f"MLflow:      {ui}{f', then {address}' if address else ''}")
    elif address:
        say(f"MLflow:      {address}")
        say(f"             more links: {ui}")


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
