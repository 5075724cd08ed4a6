"""The databases of a server: waited for, and made where they are missing."""

import time

import sqlalchemy
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from ablations.addresses import without_password, without_passwords
from gan_core.problems import Problem, UserError

PAUSE_S = 1.0
ADMINISTRATION = "postgres"  # the database that every PostgreSQL server has


def make_databases(postgres: str, names: tuple[str, ...], patience_s: float) -> None:
    """Make those of these databases that the PostgreSQL server lacks; wait up to `patience_s` for it to answer.

    Raises UserError where it does not answer, or does not let this user make them.
    """
    try:
        engine = sqlalchemy.create_engine(
            f"{postgres.rstrip('/')}/{ADMINISTRATION}",
            isolation_level="AUTOCOMMIT",  # CREATE DATABASE can't be part of a transaction
            connect_args={"connect_timeout": 5},
        )
    except ImportError as error:
        raise UserError(
            Problem(f"no driver: {error}", ("--postgres",), 'pip install "gan-ablations[server]"')
        ) from error
    try:
        _wait(engine, postgres, patience_s)
        with engine.connect() as connection:
            there = set(connection.scalars(sqlalchemy.text("SELECT datname FROM pg_database")))
            for name in names:
                if name not in there:
                    connection.execute(sqlalchemy.text(f'CREATE DATABASE "{name}"'))
    except SQLAlchemyError as error:
        message = f"{without_password(postgres)}: {_first_line(error, postgres)}"
        raise UserError(Problem(message, ("--postgres",), "a user who may create databases")) from error
    finally:
        engine.dispose()


def _wait(engine: sqlalchemy.Engine, postgres: str, patience_s: float) -> None:
    """A server that has just been started refuses connections for some seconds; a wrong password is wrong at once."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            engine.connect().close()
            return
        except OperationalError as error:
            if "password authentication failed" in str(error) or time.monotonic() > deadline:
                message = f"{without_password(postgres)} does not let us in: {_first_line(error, postgres)}"
                raise UserError(Problem(message, ("--postgres",), "its address, user and password")) from error
            time.sleep(PAUSE_S)


def _first_line(error: Exception, uri: str) -> str:
    return without_passwords(str(error), uri).strip().splitlines()[0]
