"""The parent run of one execution of a study: what was asked, by whom, with which code."""

import json
import time
from typing import Any

from mlflow.entities import Param, RunTag
from mlflow.tracking.context.registry import resolve_tags

from ablations.provenance import Provenance
from ablations.tracking.execution import Execution
from ablations.tracking.mlflow_store import Store

KIND_TAG = "ablations.kind"
PLACE_TAG = "ablations.directory"
EXECUTION = "execution"


def begin_execution(store: Store, execution: Execution) -> str:
    """Make the parent run; give its id. Parents that a killed process left running here are ended first."""
    place = f"{execution.provenance.host}:{execution.directory.absolute()}"
    _end_forsaken(store, place)
    name = f"{execution.study} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    tags = {**provenance_tags(execution.provenance), KIND_TAG: EXECUTION, PLACE_TAG: place}
    run_id = str(store.client.create_run(store.experiment_id, tags=tags, run_name=name).info.run_id)
    params = {
        "design": execution.design,
        "arms": str(len(execution.arms)),
        "seeds": " ".join(map(str, execution.seeds)),
        "trials": str(len(execution.trials)),
    }
    store.client.log_batch(run_id, params=[Param(k, v) for k, v in params.items()], synchronous=True)
    store.client.log_artifact(run_id, str(execution.study_file))
    store.client.log_text(
        run_id, json.dumps(execution.provenance.model_dump(exclude={"patch"}), indent=2), "provenance.json"
    )
    if execution.provenance.patch:
        store.client.log_text(run_id, execution.provenance.patch + "\n", "uncommitted.patch")
    return run_id


def end_execution(store: Store, run_id: str, status: str) -> None:
    """End the parent run with MLflow's status: FINISHED, FAILED or KILLED."""
    store.client.set_terminated(run_id, status=status)


def provenance_tags(provenance: Provenance) -> dict[str, str]:
    """MLflow's own tags (user, source, commit), with ours for what it doesn't record."""
    ours = {
        "mlflow.user": provenance.user,
        "mlflow.source.name": provenance.command,
        "mlflow.source.git.commit": provenance.commit,
        "mlflow.source.git.branch": provenance.branch,
        "git_dirty": None if provenance.dirty is None else str(provenance.dirty).lower(),
        "command": provenance.command,
        "host": provenance.host,
    }
    tags: dict[str, Any] = resolve_tags({key: value for key, value in ours.items() if value is not None})
    return {key: str(value) for key, value in tags.items()}


def _end_forsaken(store: Store, place: str) -> None:
    running = f"attributes.status = 'RUNNING' and tags.`{KIND_TAG}` = '{EXECUTION}'"
    for run in store.client.search_runs([store.experiment_id], running):
        if run.data.tags.get(PLACE_TAG) == place:
            store.client.log_batch(run.info.run_id, tags=[RunTag("outcome", "interrupted")], synchronous=True)
            store.client.set_terminated(run.info.run_id, status="KILLED")
