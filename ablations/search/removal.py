"""Taking ledgers out of an Optuna storage that others use too."""

from collections.abc import Sequence

import optuna
from sqlalchemy.exc import SQLAlchemyError

from ablations.search.storage import ALLOWED
from ablations.tracking.cursor import without_password
from gan_core.problems import Problem, UserError


def ledgers_in(storage: str, names: Sequence[str]) -> dict[str, int]:
    """Those of these studies that are in the storage, with their number of trials. Raises UserError."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        found = {each.study_name: each.n_trials for each in optuna.get_all_study_summaries(storage)}
    except (SQLAlchemyError, optuna.exceptions.OptunaError, ImportError, ValueError, RuntimeError, OSError) as error:
        raise _unusable(storage, error) from error
    return {name: found[name] for name in names if name in found}


def remove_ledgers(storage: str, names: Sequence[str]) -> None:
    """Delete these studies, with all their trials, for good. Raises UserError."""
    try:
        for name in names:
            optuna.delete_study(study_name=name, storage=storage)
    except (SQLAlchemyError, optuna.exceptions.OptunaError, ImportError, ValueError, RuntimeError, OSError) as error:
        raise _unusable(storage, error) from error


def _unusable(storage: str, error: Exception) -> UserError:
    why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    message = f"the Optuna storage {without_password(storage)} can't be used: {why}"
    return UserError(Problem(message, ("--storage",), ALLOWED))
