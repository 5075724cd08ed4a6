"""Optuna's importances of a search's settings. They are shares of what varied among its trials, and no effects.

On a full factorial with effects 5 : 1 : 0.5 the default evaluator said 0.33 each: what a trick does is answered by the
confirmed comparisons alone.
"""

import math
import warnings

import optuna
from sqlalchemy.exc import SQLAlchemyError

from ablations.search.storage import opened

FEWEST = 4  # trials in full, below which there is nothing to share out


def importances(storage: str, study: str) -> dict[str, float]:
    """By setting that every trial has, the largest first; {} where too few trials have a FID.

    Raises UserError where the storage can't be used.
    """
    return _shares(opened(storage, study))


def read_importances(storage: str, study: str) -> dict[str, float] | None:
    """The importances in a storage, which is left unchanged; None where it holds no such study, or can't be read."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        found = optuna.load_study(storage=storage, study_name=study)
    except (KeyError, SQLAlchemyError, optuna.exceptions.OptunaError):
        return None
    return _shares(found)


def _shares(found: optuna.Study) -> dict[str, float]:
    values = [t.value for t in found.get_trials(states=(optuna.trial.TrialState.COMPLETE,)) if t.value is not None]
    if len(values) < FEWEST or math.isclose(min(values), max(values)):
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    with warnings.catch_warnings(action="ignore"):
        shares = optuna.importance.get_param_importances(found, evaluator=evaluator)
    return {name: float(share) for name, share in shares.items()}
