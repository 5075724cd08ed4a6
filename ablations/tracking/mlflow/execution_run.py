"""The parent run of one execution of a study: what was requested, by whom, with which code, and how it ended."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking.context.registry import resolve_tags

from ablations.addresses import without_password
from ablations.tracking.mlflow.context import keep_context
from ablations.tracking.mlflow.run_tags import EXECUTION, FOLDER_TAG, ID_TAG, KIND_TAG, PLACE_TAG
from ablations.tracking.mlflow.store import Store
from ablations.tracking.mlflow.trial_run import TrialRun
from ablations.tracking.run_status import INTERRUPTED, OUTCOME_TAG, STATUS
from ablations.workspace.cursor import Cursor, read_cursor, write_cursor
from ablations.workspace.execution_record import FILES, KILLED, executions_of, is_execution_shipped, read_execution
from ablations.workspace.masking import masked
from ablations.workspace.patches import NAME as PATCH
from ablations.workspace.patches import cleaned
from ablations.workspace.provenance import Provenance


class ExecutionRun:
    """The MLflow run of the execution in `folder`. Its methods raise what MLflow raises, and may be called again."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.record = read_execution(folder)
        self._cursor: Cursor | None = None  # once the run is known to be in this store, with its files

    def run_id(self) -> str:
        """The run's id; where there is no run, it is made, with its parameters and files."""
        if self._cursor is None:
            self._cursor = self._opened()
        return self._cursor.run_id

    def ship(self) -> None:
        """Bring the run up to the folder's state, its end included."""
        self.record = read_execution(self.folder)
        run_id = self.run_id()
        assert self._cursor is not None
        outcome = self.record.outcome
        if outcome is None or self._cursor.status == outcome:
            return
        self.keep_context()
        self.store.client.set_tag(run_id, OUTCOME_TAG, outcome)
        self.store.client.set_terminated(run_id, status=STATUS[outcome], end_time=_ms(self.record.ended or time.time()))
        self._keep(status=outcome)

    def keep_context(self) -> None:
        """Update what a leaderboard needs besides the trials to what the study's folder says."""
        keep_context(self.store.client, self.run_id(), self.folder.parents[1])

    def is_shipped(self) -> bool:
        """Whether its end is in this store, as far as this folder knows."""
        return is_execution_shipped(self.folder, self.store.uri)

    def tags(self) -> dict[str, str]:
        """The tags with which its trials name their origin."""
        facts = {"study": self.record.study, ID_TAG: self.record.id, "mlflow.parentRunId": self.run_id()}
        return {**provenance_tags(self.record.provenance), **facts}

    def _opened(self) -> Cursor:
        uri = without_password(self.store.uri)
        cursor = read_cursor(self.folder)
        is_here = cursor is not None and (cursor.tracking_uri, cursor.experiment_id) == (uri, self.store.experiment_id)
        if cursor is not None and is_here and self._is_active(cursor.run_id):
            return cursor
        found = self.store.client.search_runs(
            [self.store.experiment_id], f"tags.`{ID_TAG}` = '{self.record.id}' and tags.`{KIND_TAG}` = '{EXECUTION}'"
        )
        run_id = found[0].info.run_id if found else self._create()
        params = {"design": self.record.design, "arms": str(self.record.arms)}
        if self.record.looks:  # how many seeds and trials there will be is not known when they are written
            params["looks"] = f"at {', '.join(map(str, self.record.looks))} seeds; decided arms get no more"
        else:
            params |= {"seeds": " ".join(map(str, self.record.seeds)), "trials": str(self.record.trials)}
        if self.record.workers is not None:
            params |= {"workers": str(self.record.workers), "devices": ", ".join(self.record.devices)}
        if self.record.executor is not None:
            params["executor"] = self.record.executor
        client = self.store.client
        client.log_batch(run_id, params=[Param(k, v) for k, v in params.items()], synchronous=True)
        for path in sorted((self.folder / FILES).iterdir()):
            if path.name == PATCH:  # an earlier version's may have what must not be sent
                client.log_text(run_id, cleaned(path.read_text(encoding="utf-8")).text, PATCH)
            else:
                client.log_artifact(run_id, str(path))
        keep_context(client, run_id, self.folder.parents[1])
        cursor = Cursor(tracking_uri=uri, experiment_id=self.store.experiment_id, run_id=run_id)
        write_cursor(self.folder, cursor)
        return cursor

    def _is_active(self, run_id: str) -> bool:
        """Whether nobody has deleted the run in MLflow, or purged it."""
        try:
            return bool(self.store.client.get_run(run_id).info.lifecycle_stage == "active")
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False

    def _create(self) -> str:
        record = self.record
        place = place_of(record.provenance, self.folder.parents[1])
        tags = {**provenance_tags(record.provenance), KIND_TAG: EXECUTION, PLACE_TAG: place, ID_TAG: record.id}
        if self.store.folder:
            tags[FOLDER_TAG] = self.store.folder
        name = f"{record.study} {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(record.started))}"
        run = self.store.client.create_run(
            self.store.experiment_id, start_time=_ms(record.started), tags=tags, run_name=name
        )
        return str(run.info.run_id)

    def _keep(self, **changes: Any) -> None:
        assert self._cursor is not None
        self._cursor = self._cursor.model_copy(update=changes)
        write_cursor(self.folder, self._cursor)


class Executions:
    """All executions of a study in a store: the parents of its trials."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store, self.root = store, root
        self.runs = [ExecutionRun(store, folder) for folder in executions_of(root)]

    def at(self, seconds: float) -> ExecutionRun | None:
        """The execution that was going on at this Unix time: the last one to start before it.

        None where there is none on record.
        """
        before = [run for run in self.runs if run.record.started <= seconds]
        return before[-1] if before else next(iter(self.runs), None)

    def origin(self, begun: float) -> Mapping[str, str]:
        """Tags of a trial that began at this Unix time."""
        run = self.at(begun)
        return {} if run is None else run.tags()

    def end_of_unfinished(self, trial: str, last_sign: float) -> str:
        """The end of a trial without an end that nobody works on, last heard of at this Unix time."""
        run = self.at(last_sign)
        lost = run is not None and (run.record.outcome == KILLED or trial in run.record.lost)
        return KILLED if lost else INTERRUPTED

    def end_forsaken(self, current: str) -> None:
        """End the parents that a killed process left running here; `current`: the id of the run that goes on."""
        running = f"attributes.status = 'RUNNING' and tags.`{KIND_TAG}` = '{EXECUTION}'"
        places = {place_of(run.record.provenance, self.root) for run in self.runs}
        for run in self.store.client.search_runs([self.store.experiment_id], running):
            if run.data.tags.get(PLACE_TAG) in places and run.info.run_id != current:
                self.store.client.log_batch(run.info.run_id, tags=[RunTag(OUTCOME_TAG, KILLED)], synchronous=True)
                self.store.client.set_terminated(run.info.run_id, status="KILLED")


def settle(run: TrialRun, executions: Executions) -> None:
    """Send all of a trial that nobody works on; one without an end was interrupted or killed."""
    last = run.last_sign()
    if last is not None:
        run.conclude(executions.end_of_unfinished(run.trial.name, last))


def attach(store: Store, run: ExecutionRun, path: Path) -> None:
    """Keep a file, or a folder of files, with an execution's run."""
    if path.is_dir():
        store.client.log_artifacts(run.run_id(), str(path), path.name)
    else:
        store.client.log_artifact(run.run_id(), str(path))


def place_of(provenance: Provenance, root: Path) -> str:
    """HOST:FOLDER of a study."""
    return f"{provenance.host}:{root.absolute()}"


def provenance_tags(provenance: Provenance) -> dict[str, str]:
    """MLflow's own tags (user, source, commit), and ours for what it does not record."""
    ours = {
        "mlflow.user": provenance.user,
        "mlflow.source.name": provenance.command,
        "mlflow.source.git.commit": provenance.commit,
        "mlflow.source.git.branch": provenance.branch,
        "git_dirty": None if provenance.dirty is None else str(provenance.dirty).lower(),
        "command": provenance.command,
        "host": provenance.host,
        "cpu": provenance.cpu or None,
        "cores": None if provenance.cores is None else str(provenance.cores),
        "gpu": ", ".join(provenance.gpus) or None,
        **{f"version.{package}": number for package, number in provenance.versions.items()},
    }
    tags: dict[str, Any] = resolve_tags({key: value for key, value in ours.items() if value is not None})
    return {key: masked(str(value))[0] for key, value in tags.items()}  # a remote's address may have a password


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
