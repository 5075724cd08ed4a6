"""The settings of a server: where its data are, who may reach it, who its administrator is."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ablations.addresses import sqlite_address
from gan_core.problems import Problem, UserError

MLFLOW_DATABASE = "mlflow"
OPTUNA_DATABASE = "optuna"
LOCAL_HOSTS = ("localhost", "127.0.0.1")
POSTGRES_ALLOWED = "postgresql://user:password@host:5432"


@dataclass(frozen=True)
class ServerSettings:
    """A server's settings.

    `folder` keeps what belongs to the server on this machine: its secrets, and without PostgreSQL and S3 everything.
    `postgres` names a PostgreSQL server without a database: `mlflow` and `optuna` are made there. `artifacts` is a
    folder or a URI such as s3://bucket; None: in `folder`. `allowed_hosts`: names that clients call it by, besides
    localhost.
    """

    folder: Path
    postgres: str | None = None
    artifacts: str | None = None
    host: str = "127.0.0.1"
    port: int = 5000
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises UserError where `postgres` is no address of a PostgreSQL server, or names a database."""
        if self.postgres is None:
            return
        try:
            url = make_url(self.postgres)
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.get_backend_name() != "postgresql" or not url.host:
            raise UserError(Problem("is no address of a PostgreSQL server", ("--postgres",), POSTGRES_ALLOWED))
        if url.database:
            message = f"names the database {url.database!r}"
            hint = f"{POSTGRES_ALLOWED}; the databases {MLFLOW_DATABASE} and {OPTUNA_DATABASE} are made there"
            raise UserError(Problem(message, ("--postgres",), hint))

    @property
    def mlflow_uri(self) -> str:
        """The database that MLflow keeps runs and accounts in."""
        return self._database(MLFLOW_DATABASE)

    @property
    def optuna_uri(self) -> str:
        """The database that studies keep their Optuna ledgers in: `--storage` of `run`."""
        return self._database(OPTUNA_DATABASE)

    @property
    def artifacts_uri(self) -> str:
        """Where MLflow keeps files; clients send them to the server, which alone needs access."""
        return self.artifacts or (self.folder / "artifacts").absolute().as_uri()

    @property
    def host_headers(self) -> tuple[str, ...]:
        """The Host headers that are answered: any other gets 403, so that no foreign page talks to the server."""
        names = dict.fromkeys((*LOCAL_HOSTS, *self.allowed_hosts))
        return tuple(header for name in names for header in ((name,) if ":" in name else (name, f"{name}:*")))

    def _database(self, name: str) -> str:
        if self.postgres is None:
            return sqlite_address(self.folder / f"{name}.db")
        return f"{self.postgres.rstrip('/')}/{name}"
