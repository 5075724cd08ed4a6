"""Optuna's studies: opened or made, with one message for anything that is wrong with a storage."""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import optuna
from optuna.pruners import BasePruner
from optuna.study import StudySummary
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from ablations.addresses import scheme_of, without_password, without_passwords
from gan_core.problems import Problem, UserError

ALLOWED = "sqlite:////path/to/optuna.db, postgresql://user:password@host/database, with its driver installed"
TROUBLES = (  # LookupError: of braces in an address, which Optuna fills in; TypeError: of a query no driver knows
    *(SQLAlchemyError, optuna.exceptions.OptunaError, ImportError),
    *(ValueError, TypeError, LookupError, RuntimeError, OSError),
)
Result = TypeVar("Result")
PATIENCE_S = 75.0  # for an SQLite file that another program has locked
TRIES, PAUSE_S = 5, 0.5  # where another process makes the same tables at this moment


def opened(storage: str, name: str, pruner: BasePruner | None = None) -> optuna.Study:
    """The study of this name, made where there is none; without a pruner nothing is stopped early.

    Its own sampler, which nothing here uses, draws at random. Raises UserError where the storage can't be used.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = made(storage, name, pruner)
        if study.directions != [optuna.study.StudyDirection.MINIMIZE]:
            message = f"the Optuna study {name!r} in {without_password(storage)} is not one of ours"
            raise UserError(Problem(message, ("--storage",), "another storage, or --as NEWNAME"))
        with warnings.catch_warnings(category=optuna.exceptions.ExperimentalWarning, action="ignore"):
            study.set_metric_names(["fid_best"])
    except TROUBLES as error:
        raise unusable(storage, error) from error
    return study


def made(storage: str, name: str, pruner: BasePruner | None = None, *, anew: bool = False) -> optuna.Study:
    """The study of this name. `anew`: raises DuplicatedStudyError where there is one; otherwise that one is opened."""
    return _after_the_tables(
        lambda: optuna.create_study(
            storage=_patient(storage),
            study_name=name,
            direction="minimize",
            sampler=optuna.samplers.RandomSampler(seed=0),  # of a known design never asked
            pruner=pruner or optuna.pruners.NopPruner(),
            load_if_exists=not anew,
        )
    )


def made_running(study: optuna.Study, frozen: FrozenTrial) -> optuna.trial.Trial:
    """A new trial of the study, as `frozen`, which is running, made in one commit.

    `Study.ask` takes one for each parameter, and reads all waiting trials before. `Study.add_trial` makes a running
    trial in one, and does not say which it is; this is what it does.
    """
    return optuna.trial.Trial(study, study._storage.create_new_trial(study._study_id, template_trial=frozen))


def taken_up(study: optuna.Study, frozen: FrozenTrial) -> optuna.trial.Trial:
    """A trial of the study that is running or waiting, running from now on.

    `Study.ask` would read all that are waiting to take the first.
    """
    if frozen.state == TrialState.WAITING:
        study._storage.set_trial_state_values(frozen._trial_id, state=TrialState.RUNNING)
    return optuna.trial.Trial(study, frozen._trial_id)


def _patient(storage: str) -> str | optuna.storages.RDBStorage:
    """An SQLite file that another program has locked is waited for; Optuna's own 5 s are a backup's first moments."""
    if not isinstance(storage, str) or scheme_of(storage) != "sqlite":  # one in memory is no address
        return storage
    return optuna.storages.RDBStorage(storage, engine_kwargs={"connect_args": {"timeout": PATIENCE_S}})


@contextmanager
def in_words(storage: str) -> Iterator[None]:
    """A storage that fails while trials train (locked, full, away, not to be written) is told in a UserError."""
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise unusable(storage, error) from error


def summaries(storage: str) -> dict[str, StudySummary]:
    """All studies in the storage, by name. Raises what Optuna and the database raise."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return {each.study_name: each for each in _after_the_tables(lambda: optuna.get_all_study_summaries(storage))}


def _after_the_tables(action: Callable[[], Result]) -> Result:
    """Two studies that begin at once with an empty database both make its tables; the later one finds them."""
    for left in reversed(range(TRIES)):
        try:
            return action()
        except (IntegrityError, ProgrammingError, OperationalError) as error:
            if not left or not _is_race(error):
                raise
            time.sleep(PAUSE_S)
    raise AssertionError("the last try returns or raises")


def _is_race(error: SQLAlchemyError) -> bool:
    """PostgreSQL calls it a duplicate key or table, SQLite a table that already exists."""
    return isinstance(error, IntegrityError) or "already exists" in str(error)


def unusable(storage: str, error: Exception) -> UserError:
    """The error for a storage that can't be used."""
    cause = error.__cause__ if isinstance(error, optuna.exceptions.StorageInternalError) else None  # names the reason
    why = without_passwords(str(cause or error), storage).strip().splitlines() or [type(error).__name__]
    message = f"the Optuna storage {without_password(storage)} can't be used: {why[0]}"
    return UserError(Problem(message, ("--storage",), ALLOWED))


def remove_ledgers(storage: str, names: Sequence[str]) -> None:
    """Delete these studies, with all their trials, for good. Raises UserError."""
    try:
        for name in names:
            optuna.delete_study(study_name=name, storage=storage)
    except TROUBLES as error:
        raise unusable(storage, error) from error
