"""Optuna's importances of a search's settings. They are shares of what varied among its trials, and no effects.

On a full factorial with effects 5 : 1 : 0.5 the default evaluator said 0.33 each: what a trick does is answered by the
confirmed comparisons alone.
"""

import math
import warnings

import optuna

from ablations.search.storage import opened

FEWEST = 4  # trials in full, below which there is nothing to share out


def importances(storage: str, study: str) -> dict[str, float]:
    """By setting that is in every trial, the largest first; {} where too few trials have a FID.

    Raises UserError where the storage can't be used.
    """
    found = opened(storage, study)
    values = [t.value for t in found.get_trials(states=(optuna.trial.TrialState.COMPLETE,)) if t.value is not None]
    if len(values) < FEWEST or math.isclose(min(values), max(values)):
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    with warnings.catch_warnings(action="ignore"):
        return dict(optuna.importance.get_param_importances(found, evaluator=evaluator))
