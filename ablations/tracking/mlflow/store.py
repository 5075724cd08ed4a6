"""Opening an MLflow store: the address is checked, the database migrated and the experiment made, before any training.

Without limits of our own a request to a server that is not there takes minutes (MLflow retries ten times, waiting
longer each time), so this room sets MLflow's limits, unless the user has set them.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alembic.util
import sqlalchemy
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from ablations.addresses import scheme_of, without_password, without_passwords
from ablations.tracking.mlflow.moved import follow_folder
from ablations.tracking.mlflow.new_database import make_whole
from ablations.tracking.mlflow.ownership import deleted, own_experiment
from ablations.tracking.state import WAY_ON
from ablations.workspace.identity import own_identity
from gan_core.machine.files import locked
from gan_core.problems import Problem, UserError

ALLOWED = "sqlite:////path/to/mlflow.db, http(s)://host:port, postgresql://user:password@host/database"
CONNECT = {"MAX_RETRIES": "1", "BACKOFF_FACTOR": "1", "TIMEOUT": "4"}  # s; at most some 10 s in all
SHIP = {"MAX_RETRIES": "0", "BACKOFF_FACTOR": "1", "TIMEOUT": "10"}  # the journal waits; we come back to it
PREFIX = "MLFLOW_HTTP_REQUEST_"
PROGRESS_BAR = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
# CommandError: of a database whose tables are another program's
AWAY = (MlflowException, sqlalchemy.exc.SQLAlchemyError, alembic.util.CommandError)
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


@dataclass(frozen=True)
class Store:
    """An MLflow store that has answered, and the study's experiment in it."""

    client: Any  # MlflowClient; the library is not typed for us
    uri: str
    experiment_id: str
    folder: str = ""
    notice: str = ""


def open_store(uri: str, experiment: str, artifact_root: Path | None, root: Path | None = None) -> Store:
    """Open the store, with migrations if it is new, and find or make the experiment.

    `root`: the study's folder, whose lock is the caller's. In a store that others use too, one without an
    `artifact_root`, the experiment is this folder's own: see `ownership.py`. None: whoever has that name.
    `artifact_root`: where the files of a store lie that is the study's own, also after its folder was moved; None
    leaves that to the server, and puts those of a new experiment next to an SQLite file, which has none. Raises
    UserError if the address is refused, nothing answers, or the experiment is deleted.
    """
    with _answering(uri, ("tracking_uri",), f": {WAY_ON}"):
        if _checked_scheme(uri) in DATABASES:
            _make_folder(uri)
            if (file := _file_of(uri)) is not None:
                with _alone(uri):
                    make_whole(file)
            _try_database(uri)
            if artifact_root is not None:
                follow_folder(uri, experiment, artifact_root)
        with _alone(uri):
            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        files = artifact_root or _next_to_file(uri)
        location = files.absolute().as_uri() if files else None
        if root is None:
            return Store(client, uri, _experiment(client, experiment, location))
        if artifact_root is not None:
            return Store(client, uri, _experiment(client, experiment, location), own_identity(root).id)
        found, notice = own_experiment(client, uri, experiment, root, location)
        return Store(client, uri, found, own_identity(root).id, notice)


def connect(uri: str, where: tuple[str, ...] = ("--from-mlflow",)) -> Any:
    """A client of a store that is there; nothing is made. Raises UserError if it is not, or does not answer."""
    with _answering(uri, where):
        if _checked_scheme(uri) in DATABASES:
            url = sqlalchemy.make_url(uri)
            if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
                raise UserError(Problem(f"there is no file {url.database}", where, allowed=ALLOWED))
            _try_database(uri)
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.search_experiments(max_results=1)
        return client


@contextmanager
def _answering(uri: str, where: tuple[str, ...], way_on: str = "") -> Iterator[None]:
    """Within short limits; whatever means that the store does not answer becomes a UserError."""
    for talker in ("mlflow", "alembic"):  # migrations are no news for whoever trains GANs
        logging.getLogger(talker).setLevel(logging.WARNING)
    logging.getLogger("mlflow.store").setLevel(logging.CRITICAL)  # what fails is raised as well, and told in one line
    try:
        with limits(CONNECT):
            yield
    # What an address that is none leads the libraries to is a ValueError; a query that no driver knows, a TypeError
    except (*AWAY, ImportError, OSError, ValueError, TypeError) as error:
        message = f"the MLflow store {without_password(uri)} does not answer{way_on} ({first_line(error, uri)})"
        raise UserError(Problem(message, where=where, allowed=ALLOWED)) from error


def fetched(client: Any, run_id: str, name: str, folder: str) -> Path:
    """A run's file, brought into the folder without a progress bar. Raises MlflowException or OSError."""
    with environment({PROGRESS_BAR: "false"}):
        return Path(client.download_artifacts(run_id, name, folder))


@contextmanager
def limits(values: dict[str, str]) -> Iterator[None]:
    """MLflow's limits for requests, as far as the user has not set them."""
    with environment({PREFIX + name: value for name, value in values.items()}):
        yield


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Settings of MLflow's, as far as the user has not set them; the environment is its only way in."""
    ours = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def first_line(error: BaseException, uri: str = "") -> str:
    """An error in one line of at most 300 characters, without the secrets of this address or of those in it."""
    lines = without_passwords(str(error), uri).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _checked_scheme(uri: str) -> str:
    scheme = scheme_of(uri)
    if scheme in ("", "file"):
        raise UserError(
            Problem(
                f"MLflow no longer keeps runs in plain files: {without_password(uri)!r}",
                where=("tracking_uri",),
                allowed=ALLOWED,
            )
        )
    return scheme


def _make_folder(uri: str) -> None:
    url = sqlalchemy.make_url(uri)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _alone(uri: str) -> Iterator[None]:
    """While MLflow makes or migrates the tables of an SQLite file, which two processes at once break."""
    file = _file_of(uri)
    with nullcontext() if file is None else locked(file.with_name(f".{file.name}.lock"), on_wait=lambda: None):
        yield


def _file_of(uri: str) -> Path | None:
    """The file of an SQLite address; None of another one, or of a database in memory."""
    place = sqlalchemy.make_url(uri).database if _checked_scheme(uri) == "sqlite" else None
    return None if place in (None, "", ":memory:") else Path(str(place))


def _next_to_file(uri: str) -> Path | None:
    """MLflow's own choice would be `mlruns` in whatever folder this is called from."""
    is_file = _checked_scheme(uri) == "sqlite"
    return Path(sqlalchemy.make_url(uri).database or "").parent / "mlartifacts" if is_file else None


def _try_database(uri: str) -> None:
    """Connect once. MLflow would try for minutes before it says that a database is not there.

    Raises UserError for a database that another program keeps, such as Optuna's ledger: both of them note their own
    version in the table `alembic_version`.
    """
    url = sqlalchemy.make_url(uri)
    timeout = {"connect_timeout": 5} if url.get_backend_name() in ("postgresql", "mysql") else {}
    engine = sqlalchemy.create_engine(url, connect_args=timeout)
    try:
        with engine.connect() as connection:
            tables = sqlalchemy.inspect(connection).get_table_names()
    finally:
        engine.dispose()
    if "alembic_version" in tables and "experiments" not in tables:
        message = f"{without_password(uri)} is another program's database"
        raise UserError(Problem(message, ("tracking_uri",), "a database of MLflow's own; Optuna needs one as well"))


def _experiment(client: Any, name: str, location: str | None) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name, artifact_location=location))
    if found.lifecycle_stage != "active":
        raise deleted(found)
    return str(found.experiment_id)
