"""`python -m ablations server`: MLflow for a team, with accounts, on this machine."""

import os
from pathlib import Path
from typing import Annotated

import typer


def server(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="What the server keeps.")] = Path("server"),
    postgres: Annotated[
        str | None,
        typer.Option(
            envvar="ABLATIONS_POSTGRES",
            metavar="URL",
            help="A PostgreSQL server, postgresql://user:password@host.",
            show_default="SQLite in DIR",
            show_envvar=True,
        ),
    ] = None,
    artifacts: Annotated[
        str | None,
        typer.Option(
            envvar="ABLATIONS_ARTIFACTS", metavar="URI", help="Where files go, s3://bucket.", show_default="in DIR"
        ),
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5000,
    allowed_hosts: Annotated[
        str, typer.Option(envvar="ABLATIONS_ALLOWED_HOSTS", metavar="A,B", help="Names that clients call it by.")
    ] = "",
) -> None:
    """Start MLflow for a team: accounts, allowed hosts, PostgreSQL or SQLite; on localhost unless asked otherwise.

    The administrator's password comes from MLFLOW_AUTH_ADMIN_PASSWORD (with MLFLOW_FLASK_SERVER_SECRET_KEY); without
    them both are drawn once and kept in DIR/admin.env.
    """
    from ablations.server.serve import prepare
    from ablations.server.settings import ServerSettings
    from ablations.terminal.links import show_server
    from ablations.tracking.mlflow.ui import check_port

    names = tuple(name.strip() for name in allowed_hosts.split(",") if name.strip())
    check_port(port, host)
    settings = ServerSettings(folder, postgres, artifacts, host, port, names)
    prepared = prepare(settings, os.environ)
    show_server(settings, prepared.credentials.drawn_in)
    os.execvpe(prepared.command[0], prepared.command, {**os.environ, **prepared.environment})
