"""Whose an MLflow experiment is in a store that several people use: one folder's, whose id it bears.

The experiment with the study's plain name is the first folder's that comes; another folder's is NAME@abcd, from the
beginning of its id. So views, descriptions, leaderboards and deletions of one folder never meet another's runs. An
experiment of an earlier version bears no id; it belongs to the folder whose records name its runs.

Two copies of a folder on two machines bear one id. If the experiment holds executions from another place that the
folder has no record of, a copy has been worked with, and this folder gets an id of its own.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from ablations.addresses import without_password
from ablations.tracking.mlflow.paging import PAGE, pages
from ablations.tracking.mlflow.run_tags import EXECUTION, FOLDER_TAG, ID_TAG, KIND_TAG, PARENT_TAG, PLACE_TAG, TRIAL_TAG
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.cursor import Cursor, read_cursor
from ablations.workspace.execution_record import FOLDER as EXECUTIONS
from ablations.workspace.identity import Identity, names_on_servers, own_identity, read_identity, renew_identity
from ablations.workspace.model_record import model_records
from gan_core.problems import Problem, UserError

THERE = ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS")


def own_experiment(client: Any, uri: str, name: str, root: Path, artifacts: str | None) -> tuple[str, str]:
    """The id of the experiment of the study's folder in a store that others use too, and a message, or ''.

    It is made where there is none; what the folder's records say of another one in this store is forgotten. The
    folder's lock is the caller's. Raises UserError if the experiment is deleted, and what MLflow raises.
    """
    identity, said = own_identity(root), ""
    mine = _owned(client, name, identity)
    if mine is not None and _is_forked(client, mine, root):
        identity, mine = renew_identity(root), None
        said = f"a copy of {root} has sent runs too: this folder counts as a study of its own from now on; "
    if mine is None:
        mine = _taken(client, name, identity, root, artifacts)
        _forget_others(root, uri, str(mine.experiment_id), is_new=not _has_runs(client, mine))
    if mine.name != name:
        of = f"the MLflow experiment {name!r} at {without_password(uri)} belongs to another folder"
        said += f"{of}{_place_of_owner(client, name)}; this folder's is {mine.name!r}"
    return str(mine.experiment_id), said.removesuffix("; ")


def find_experiment(client: Any, name: str, root: Path) -> Any:
    """The active experiment of the study's folder in a store that others use too; None where it has none.

    Nothing is changed. Raises what MLflow raises.
    """
    identity = read_identity(root)
    mine = None if identity is None else _owned(client, name, identity)
    if mine is not None:
        return None if _is_forked(client, mine, root) else mine
    plain = client.get_experiment_by_name(name)
    if plain is None or not _is_active(plain) or _owner(plain) or not _holds_runs_of(client, plain, root):
        return None
    return plain


def is_owned(tags: Mapping[str, str], root: Path) -> bool:
    """Whether a run's tags let it be the folder's: it bears the folder's id, or, from an earlier version, none."""
    identity = read_identity(root)
    return tags.get(FOLDER_TAG, "") in ("", None if identity is None else identity.id)


def _owned(client: Any, name: str, identity: Identity) -> Any:
    for own in names_on_servers(name, identity.id):
        found = client.get_experiment_by_name(own)
        if found is not None and _is_active(found) and _owner(found) == identity.id:
            return found
    return None


def _taken(client: Any, name: str, identity: Identity, root: Path, artifacts: str | None) -> Any:
    """An experiment whose name nobody has, or that bears no id and is free for this folder.

    Raises UserError where it has been deleted and may be this folder's.
    """
    for own in names_on_servers(name, identity.id):
        found = client.get_experiment_by_name(own)
        if found is None:
            try:
                made = client.create_experiment(own, artifact_location=artifacts, tags={FOLDER_TAG: identity.id})
            except MlflowException as error:
                if error.error_code not in THERE:
                    raise
            else:
                return client.get_experiment(made)
            continue
        if not _is_active(found):
            if _owner(found) in ("", identity.id):
                raise deleted(found)
            continue
        if not _owner(found) and (not _has_runs(client, found) or _holds_runs_of(client, found, root)):
            client.set_experiment_tag(found.experiment_id, FOLDER_TAG, identity.id)
            return found
    raise AssertionError("nobody else has this id")


def _owner(experiment: Any) -> str:
    return str(experiment.tags.get(FOLDER_TAG, ""))


def _is_active(experiment: Any) -> bool:
    return bool(experiment.lifecycle_stage == "active")


def deleted(experiment: Any) -> UserError:
    """What the user reads about an experiment that has been deleted in MLflow."""
    way_on = f"another study name, or `mlflow experiments restore --experiment-id {experiment.experiment_id}`"
    return UserError(Problem(f"the MLflow experiment {experiment.name!r} has been deleted", allowed=way_on))


def _runs(client: Any, experiment: Any, kind: str = "") -> Iterator[Any]:
    search = partial(client.search_runs, [experiment.experiment_id], kind, run_view_type=ViewType.ACTIVE_ONLY)
    return pages(partial(search, max_results=PAGE))


def _has_runs(client: Any, experiment: Any) -> bool:
    """Whether it holds runs of a study."""
    return any({TRIAL_TAG, KIND_TAG} & run.data.tags.keys() for run in _runs(client, experiment))


def _holds_runs_of(client: Any, experiment: Any, root: Path) -> bool:
    """Whether the folder's records name runs of this experiment, and none of them is evidently another folder's."""
    runs = {run.info.run_id: run.data.tags for run in _runs(client, experiment)}
    own = [cursor.run_id for _, cursor in _cursors(root) if cursor.run_id in runs]
    parents = {runs[run].get(PARENT_TAG, run) for run in own}
    return bool(own) and not any(_is_of_an_original(runs.get(parent, {}), root) for parent in parents)


def _is_of_an_original(tags: Mapping[str, str], root: Path) -> bool:
    """Whether an execution's folder is another one on this machine, of which this one is a copy."""
    host, _, path = tags.get(PLACE_TAG, "").partition(":")
    if host != socket.gethostname() or Path(path).resolve() == root.resolve():
        return False
    return ID_TAG in tags and (Path(path) / EXECUTIONS / tags[ID_TAG]).is_dir()


def _is_forked(client: Any, experiment: Any, root: Path) -> bool:
    """Whether executions have been sent under the folder's id from another place, which the folder knows nothing of."""
    known = {path.name for path in (root / EXECUTIONS).glob("*")}
    here = {f"{socket.gethostname()}:{path}" for path in (root.absolute(), root.resolve())}
    return any(
        run.data.tags.get(ID_TAG) not in known and run.data.tags.get(PLACE_TAG) not in here
        for run in _runs(client, experiment, f"tags.`{KIND_TAG}` = '{EXECUTION}'")
        if run.data.tags.get(FOLDER_TAG) == _owner(experiment)
    )


def _place_of_owner(client: Any, name: str) -> str:
    """' (HOST:FOLDER)', where the last execution in the experiment of this name says so."""
    found = client.get_experiment_by_name(name)
    if found is None or not _is_active(found):
        return ""
    places = [run.data.tags.get(PLACE_TAG, "") for run in _runs(client, found, f"tags.`{KIND_TAG}` = '{EXECUTION}'")]
    return f" ({places[0]})" if places else ""


def _cursors(root: Path) -> Iterator[tuple[Path, Cursor]]:
    for pattern in ("trials/*", f"{EXECUTIONS}/*"):
        for folder in sorted(root.glob(pattern)):
            with suppress(UserError):  # whoever needs it says so
                if (cursor := read_cursor(folder)) is not None:
                    yield folder / CURSOR, cursor


def _forget_others(root: Path, uri: str, experiment_id: str, *, is_new: bool) -> None:
    """Remove the records of what this store has in other experiments, or had before it was emptied."""
    store = without_password(uri)
    records: list[tuple[Path, str, str]] = [(path, c.tracking_uri, c.experiment_id) for path, c in _cursors(root)]
    records += [(path, model.tracking_uri, model.experiment_id) for path, model in model_records(root)]
    for path, tracking_uri, experiment in records:
        if tracking_uri == store and (is_new or experiment != experiment_id):
            path.unlink()
