"""Taking ledgers out of an Optuna storage that others use too."""

from collections.abc import Sequence

import optuna

from ablations.search.storage import TROUBLES, unusable


def ledgers_in(storage: str, names: Sequence[str]) -> dict[str, int]:
    """Those of these studies that are in the storage, with their number of trials. Raises UserError."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        found = {each.study_name: each.n_trials for each in optuna.get_all_study_summaries(storage)}
    except TROUBLES as error:
        raise unusable(storage, error) from error
    return {name: found[name] for name in names if name in found}


def remove_ledgers(storage: str, names: Sequence[str]) -> None:
    """Delete these studies, with all their trials, for good. Raises UserError."""
    try:
        for name in names:
            optuna.delete_study(study_name=name, storage=storage)
    except TROUBLES as error:
        raise unusable(storage, error) from error
