"""The patches that the runs of a study's executions keep in a tracking store, read and replaced.

MLflow deletes no single file of a run in every kind of store, but a file of the same name takes the place of the one
before. It is read again, so that what is said to be gone is gone.
"""

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from ablations.addresses import without_password
from ablations.tracking.mlflow.paging import PAGE, pages
from ablations.tracking.mlflow.run_tags import EXECUTION, ID_TAG, KIND_TAG
from ablations.tracking.mlflow.store import SHIP, connect, fetched, first_line, limits
from ablations.workspace.patches import NAME as PATCH
from ablations.workspace.patches import CleanPatch, cleaned
from gan_core.problems import Problem, UserError

WHERE = ("--tracking-uri",)
FAILURES = (MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError)


@dataclass(frozen=True)
class RunPatch:
    """The patch of a run. `clean`: as it may be kept."""

    run_id: str
    run_name: str
    clean: CleanPatch
    is_unclean: bool


def patches_in(
    uri: str, experiments: Sequence[str], executions: Collection[str], known: Collection[str]
) -> tuple[list[RunPatch], list[str]]:
    """The patches of this study's executions, and which of them can't be read. Deleted runs have their files still.

    `experiments`: the names that the study's may have; `executions`: ids of executions; `known`: ids of runs. Runs of
    others are left alone. Raises UserError where the store does not answer.
    """
    client = connect(uri, WHERE)
    found, unread = [], []
    with limits(SHIP):
        try:
            runs = _runs(client, experiments, executions, known)
        except FAILURES as error:
            message = f"the MLflow store {without_password(uri)} refuses: {first_line(error, uri)}"
            raise UserError(Problem(message, WHERE)) from error
        for run_id, name in runs.items():
            try:
                text = _read(client, run_id)
            except FAILURES as error:
                where = f"{without_password(uri)}: {PATCH} of run {name} ({run_id})"
                unread.append(f"{where} can't be read: {first_line(error)}")
                continue
            if text is not None:
                clean = cleaned(text)
                found.append(RunPatch(run_id, name, clean, clean.text != text))
    return found, unread


def replace(uri: str, patch: RunPatch) -> None:
    """Put the clean patch in the place of the other. Raises UserError where the store refuses."""
    client = connect(uri, WHERE)
    try:
        with limits(SHIP):
            client.log_text(patch.run_id, patch.clean.text, PATCH)
            if _read(client, patch.run_id) == patch.clean.text:
                return
            why = "it was sent, and the old one is still there"
    except FAILURES as error:
        why = first_line(error)
    raise UserError(f"{PATCH} could not be replaced: {why}")


def _runs(client: Any, names: Sequence[str], executions: Collection[str], known: Collection[str]) -> dict[str, str]:
    """The names of the runs of executions, by id."""
    at = [found.experiment_id for name in names if (found := client.get_experiment_by_name(name)) is not None]
    if not at:
        return {}
    kind = f"tags.`{KIND_TAG}` = '{EXECUTION}'"
    search = partial(client.search_runs, at, kind, run_view_type=ViewType.ALL, max_results=PAGE)
    return {
        run.info.run_id: run.info.run_name
        for run in pages(search)
        if run.info.run_id in known or run.data.tags.get(ID_TAG) in executions
    }


def _read(client: Any, run_id: str) -> str | None:
    """The run's patch; None where it has none."""
    if PATCH not in {info.path for info in client.list_artifacts(run_id)}:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return fetched(client, run_id, PATCH, folder).read_bytes().decode(errors="replace")
