"""Whose an Optuna study is in a storage that several people use: one folder's, whose id it bears.

The name alone does not say that: two people run one study file on one storage, or one person runs it again after
removing the folder. The study's plain name is the first folder's that comes; another folder's ledger is NAME@abcd, from
the beginning of its id. A ledger of an earlier version bears no id; it belongs to the folder whose scores it has.

Two copies of a folder on two machines bear one id. So each use leaves a word in the ledger and in the folder: a folder
that does not know the ledger's last word is a copy of the one that was used since, and gets an id of its own.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.study import StudySummary
from optuna.trial import TrialState

from ablations.addresses import without_password
from ablations.results.results import METRIC, read_results
from ablations.search.ledger import VALUE_IS
from ablations.search.storage import TROUBLES, made, summaries, unusable
from ablations.workspace.identity import (
    Identity,
    names_on_servers,
    note_use,
    own_identity,
    read_identity,
    renew_identity,
)

OWNER = "ablations.folder"  # the id of the folder whose ledger it is
PLACE = "ablations.directory"  # HOST:FOLDER of its last use
USE = "ablations.use"  # the word of its last use


def own_ledger(storage: str, name: str, root: Path) -> tuple[str, str]:
    """What the ledger of the folder's study is called in a storage that others use too, and a message, or ''.

    It is made where there is none. The folder's lock is the caller's. Raises UserError where the storage can't be used.
    """
    identity = own_identity(root)
    said: list[str] = []
    try:
        there = summaries(storage)
        found = _owned(there, name, identity)
        if found is not None and _is_forked(there[found], identity):
            identity, found = renew_identity(root), None
            said.append(
                f"a copy of {root} has used the Optuna storage {without_password(storage)} too: this folder counts "
                f"as a study of its own from now on"
            )
        if found is None:
            found = _taken(storage, there, name, identity, root)
        identity = note_use(root)
        ledger = optuna.load_study(storage=storage, study_name=found)
        for key, value in ((OWNER, identity.id), (PLACE, identity.place), (USE, identity.uses[-1])):
            ledger.set_user_attr(key, value)
    except TROUBLES as error:
        raise unusable(storage, error) from error
    if found != name:
        place = there[name].user_attrs.get(PLACE, "") if name in there else ""
        of = f" ({place})" if place else ""
        said.append(
            f"the Optuna study {name!r} in {without_password(storage)} belongs to another folder{of}; "
            f"this folder's is {found!r}"
        )
    return found, "; ".join(said)


def ledgers_of(storage: str, names: Sequence[str], root: Path) -> dict[str, int]:
    """The folder's ledgers of these names, as they are called in the storage, with their number of trials.

    Nothing is changed. Raises UserError where the storage can't be used.
    """
    identity = read_identity(root)
    try:
        there = summaries(storage)
        found = [_owned(there, name, identity) or _unowned(storage, there, name, root) for name in names]
        found = [own for own in found if own and not (identity and _is_forked(there[own], identity))]
    except TROUBLES as error:
        raise unusable(storage, error) from error
    return {name: there[name].n_trials for name in found if name}


def _owned(there: Mapping[str, StudySummary], name: str, identity: Identity | None) -> str | None:
    """The one of this name that bears the folder's id."""
    if identity is None:
        return None
    names = [own for own in names_on_servers(name, identity.id) if own in there]
    return next((own for own in names if there[own].user_attrs.get(OWNER) == identity.id), None)


def _unowned(storage: str, there: Mapping[str, StudySummary], name: str, root: Path) -> str | None:
    """The one of this name, where it bears no id and has the scores of this folder."""
    is_free = name in there and OWNER not in there[name].user_attrs
    return name if is_free and _has_scores_of(storage, name, root) else None


def _is_forked(ledger: StudySummary, identity: Identity) -> bool:
    return ledger.user_attrs.get(USE) not in (None, *identity.uses)


def _taken(storage: str, there: Mapping[str, StudySummary], name: str, identity: Identity, root: Path) -> str:
    """A name that nobody has, or whose ledger bears no id and is this folder's. One process alone can make it."""
    if (earlier := _unowned(storage, there, name, root)) is not None:
        return earlier
    for free in names_on_servers(name, identity.id):
        with suppress(optuna.exceptions.DuplicatedStudyError):
            made(storage, free, anew=True)
            return free
    raise AssertionError("nobody else has this id")


def _has_scores_of(storage: str, name: str, root: Path) -> bool:
    """Whether every score in the ledger is one of the folder's trials', and there is one."""
    scores = {
        (result.arm, result.seed): score.value
        for result in read_results(root)
        if (score := result.score(METRIC, "best")) is not None
    }
    trials = optuna.load_study(storage=storage, study_name=name).get_trials(states=(TrialState.COMPLETE,))
    known = [
        scores.get((str(t.user_attrs.get("arm")), t.user_attrs.get("seed", t.params.get("seed", -1)))) == t.value
        for t in trials
        if VALUE_IS not in t.user_attrs
    ]
    return bool(known) and all(known)
