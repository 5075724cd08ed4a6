"""Preparing a server and the command that starts it: MLflow's own, with accounts, behind allowed hosts."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ablations.server.credentials import AUTH_FILE, Credentials, credentials_for
from ablations.server.databases import make_databases
from ablations.server.settings import MLFLOW_DATABASE, OPTUNA_DATABASE, ServerSettings
from gan_core.problems import Problem, UserError

AUTH_CONFIG = "MLFLOW_AUTH_CONFIG_PATH"
BACKEND = "MLFLOW_BACKEND_STORE_URI"
WAIT_S = 60.0  # for a PostgreSQL server that is starting


@dataclass(frozen=True)
class Prepared:
    """A server that is ready to be started: its command line, and what is added to its environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    credentials: Credentials


def prepare(settings: ServerSettings, environment: Mapping[str, str]) -> Prepared:
    """Make the databases and the private files. Raises UserError where a secret, a driver or PostgreSQL is missing."""
    if find_spec("flask_wtf") is None:
        raise UserError(Problem("accounts need a package more", allowed='pip install "gan-ablations[server]"'))
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(Problem(f"{settings.folder} can't be made: {error.strerror}", ("--folder",))) from error
    credentials = credentials_for(settings.folder, environment)
    if settings.postgres is not None:
        make_databases(settings.postgres, (MLFLOW_DATABASE, OPTUNA_DATABASE), WAIT_S)
    config = settings.folder / AUTH_FILE
    _write_auth_config(config, settings.mlflow_uri)
    variables = {
        **credentials.environment,
        AUTH_CONFIG: str(config.absolute()),
        BACKEND: settings.mlflow_uri,  # not on the command line, where every user of the machine would see the password
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    return Prepared(_command(settings), variables, credentials)


def _command(settings: ServerSettings) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "mlflow", "server"),
        *("--app-name", "basic-auth"),
        *("--artifacts-destination", settings.artifacts_uri),
        *("--host", settings.host),
        *("--port", str(settings.port)),
        *("--allowed-hosts", ",".join(settings.host_headers)),
        *("--workers", "2"),
    )


def _write_auth_config(path: Path, database_uri: str) -> None:
    """MLflow takes the address of the accounts' database from a file only. It may hold a password: ours alone."""
    lines = (
        "[mlflow]",
        "default_permission = READ",
        f"database_uri = {database_uri.replace('%', '%%')}",
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth",
    )
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    os.replace(draft, path)
