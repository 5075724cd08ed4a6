"""Optuna's ledgers and MLflow's runs need a database each."""

from ablations.addresses import is_one_database, without_password
from gan_core.problems import Problem, UserError


def check_own_database(storage: str, tracking_uri: str) -> None:
    """Raise UserError where MLflow is to use the storage's database: both keep the version of their tables there,
    under one name, and whoever comes second finds the other's.
    """
    if is_one_database(storage, tracking_uri):
        message = f"{without_password(storage)} is MLflow's database too, and each takes the other's tables for its own"
        raise UserError(Problem(message, ("--storage",), allowed="a database for each of them"))
