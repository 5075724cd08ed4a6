"""What a tracking store that others use too has of a study, and how that goes: runs, logged models, versions.

MLflow marks runs, models and experiments as deleted, which hides them and can be undone; `mlflow gc` on the server
frees the space. A name stays taken by a deleted experiment, so that one is renamed before: a study of the same name can
begin anew. Runs of others in an experiment of that name stay, and the experiment with them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from ablations.addresses import without_password
from ablations.tracking.mlflow.execution_run import place_of
from ablations.tracking.mlflow.models import REGISTERED_TAG
from ablations.tracking.mlflow.ownership import find_experiment, is_owned
from ablations.tracking.mlflow.paging import PAGE, pages
from ablations.tracking.mlflow.run_tags import EXECUTION, FOLDER_TAG, KIND_TAG, PARENT_TAG, PLACE_TAG
from ablations.tracking.mlflow.store import SHIP, connect, first_line, limits
from ablations.workspace.execution_record import executions_of, read_execution
from ablations.workspace.removal import StoreTraces
from gan_core.problems import Problem, UserError

WHERE = ("--tracking-uri",)


@dataclass(frozen=True)
class StoreContents:
    """A study in a store. `versions`: (registered model, version); `others`: runs of others in its experiment."""

    uri: str
    experiment: str
    experiment_id: str | None  # None: there is no such experiment, or it is deleted already
    executions: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    others: int = 0


def look(uri: str, name: str, root: Path, traces: StoreTraces) -> StoreContents:
    """What the store at `uri` has of the study in `root`. Raises UserError if it does not answer."""
    client = connect(uri, WHERE)
    try:
        with limits(SHIP):
            return _look(client, uri, name, root, traces)
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError) as error:
        raise _failed(uri, error) from error


def remove(contents: StoreContents) -> None:
    """Delete these contents.

    Raises UserError where the store refuses; what was deleted is found deleted the next time.
    """
    client = connect(contents.uri, WHERE)
    try:
        with limits(SHIP):
            for name, version in contents.versions:
                client.delete_model_version(name, version)
            for name in dict.fromkeys(name for name, _ in contents.versions):
                _remove_if_empty(client, name)
            for model in contents.models:
                client.delete_logged_model(model)
            for run in (*contents.trials, *contents.executions):
                client.delete_run(run)
            if contents.experiment_id is not None and not contents.others:
                free = f"{contents.experiment} (deleted, {contents.experiment_id})"
                client.rename_experiment(contents.experiment_id, free)
                client.delete_experiment(contents.experiment_id)
            elif contents.experiment_id is not None:
                client.set_experiment_tag(contents.experiment_id, FOLDER_TAG, "")  # the next folder may have it
    except (MlflowException, sqlalchemy.exc.SQLAlchemyError) as error:
        raise _failed(contents.uri, error) from error


def _look(client: Any, uri: str, name: str, root: Path, traces: StoreTraces) -> StoreContents:
    found = find_experiment(client, name, root)
    if found is None:
        return StoreContents(uri, name, None)
    search = partial(client.search_runs, [found.experiment_id], run_view_type=ViewType.ACTIVE_ONLY, max_results=PAGE)
    runs = {run.info.run_id: run.data.tags for run in pages(search)}
    store = without_password(uri)
    places = {place_of(read_execution(folder).provenance, root) for folder in executions_of(root)}
    executions = _known(runs, traces.executions.get(store, ())) | {
        run for run, tags in runs.items() if tags.get(KIND_TAG) == EXECUTION and tags.get(PLACE_TAG) in places
    }
    trials = _known(runs, traces.trials.get(store, ())) | {
        run for run, tags in runs.items() if tags.get(PARENT_TAG) in executions
    }
    executions, trials = ({run for run in own if is_owned(runs[run], root)} for own in (executions, trials))
    ours = executions | trials
    models = [
        model
        for model in pages(partial(client.search_logged_models, [found.experiment_id]))
        if model.source_run_id in ours
    ]
    makers = dict.fromkeys(model.source_run_id for model in models)
    versions = [version for run in makers for version in client.search_model_versions(f"run_id = '{run}'")]
    return StoreContents(
        uri=uri,
        experiment=found.name,
        experiment_id=found.experiment_id,
        executions=tuple(executions),
        trials=tuple(trials),
        models=tuple(model.model_id for model in models),
        versions=tuple(sorted((version.name, str(version.version)) for version in versions)),
        others=len(runs) - len(ours),
    )


def _known(runs: Iterable[str], ids: Iterable[str]) -> set[str]:
    return set(runs) & set(ids)


def _remove_if_empty(client: Any, name: str) -> None:
    """Remove a registered model that this program made, and that has no version left."""
    if REGISTERED_TAG in client.get_registered_model(name).tags and not client.search_model_versions(
        f"name = '{name}'"
    ):
        client.delete_registered_model(name)


def _failed(uri: str, error: Exception) -> UserError:
    message = f"the MLflow store {without_password(uri)} refuses: {first_line(error, uri)}"
    return UserError(Problem(message, WHERE, allowed="the same command again; or --local, to leave it as it is"))
