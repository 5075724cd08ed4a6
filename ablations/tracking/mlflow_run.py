"""One trial's MLflow run: found or made, brought up to the journal, ended.

Whatever may have been sent before (after a crash, a resumption, a request that failed half-way) is asked of the store
first, so that no point and no picture is there twice.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException

from ablations.summary import summary_of
from ablations.tracking.cursor import Cursor, read_cursor, without_password, write_cursor
from ablations.tracking.mlflow_sending import Picture, send_pictures, send_points
from ablations.tracking.mlflow_store import Store
from ablations.tracking.points import end_tags, milliseconds, not_finite, points_of
from ablations.tracking.tags import record_tags, summary_tags
from ablations.trials import Trial, read_record
from gan_core import journal
from gan_core.events import AnyEvent, Event, Finished, Sampled, Started

SHOW = "show"  # pictures of the whole run, in the trial's folder and beside images/
TRIAL_TAG = "ablations.trial"
OUTCOME_TAG = "outcome"
INTERRUPTED = "interrupted"
STATUS = {
    "finished": "FINISHED",
    "diverged": "FINISHED",
    "failed": "FAILED",
    "pruned": "KILLED",
}  # to diverge is a result


class TrialRun:
    """The MLflow run of one trial. Its methods raise whatever MLflow raises; they may be called again afterwards.

    `tags`: what a new run is given besides its own. `params` are written once by MLflow's rules, so a run that
    exists already keeps the ones it has.
    """

    def __init__(self, store: Store, trial: Trial, params: Mapping[str, str], tags: Mapping[str, str]) -> None:
        self.store, self.trial, self.params, self.tags = store, trial, params, tags
        self.cursor: Cursor | None = None
        self.certain = False  # whether the store is known to hold just what the cursor says

    def ship(self) -> bool:
        """Send what the journal holds beyond the cursor. True when the trial has ended and all of it is there."""
        events = journal.read(self.trial.directory)
        if not events:
            return False
        cursor = self.cursor or self._open(events[0])
        end = events[-1] if isinstance(events[-1], Finished) else None
        fresh = [event for event in events if event.seq > cursor.seq and not isinstance(event, Finished)]
        if end is None and cursor.status and (fresh or cursor.status != INTERRUPTED):
            cursor = self._go_on(cursor)
        if fresh:
            self._send(cursor.run_id, fresh, events)
            cursor = self._move(cursor, seq=fresh[-1].seq)
        if end is not None and cursor.status != end.status:
            self._end(cursor.run_id, end, events)
            self._move(cursor, status=end.status)
        return end is not None

    def interrupt(self) -> None:
        """Say in the store that nobody works on this trial now. Shipping new events takes it back."""
        if self.cursor is None or self.cursor.status:
            return
        self.store.client.set_tag(self.cursor.run_id, OUTCOME_TAG, INTERRUPTED)
        self.store.client.set_terminated(self.cursor.run_id, status="KILLED")
        self._move(self.cursor, status=INTERRUPTED)

    def _open(self, first: Event) -> Cursor:
        """The cursor of this trial in this store; a run is made where there is none."""
        cursor = read_cursor(self.trial.directory)
        run = self._existing(cursor)
        self.certain = run is None
        if isinstance(first, Started):
            self.params = {**self.params, "data_digest": first.data_digest}
        if run is None:
            run = self._create(first)
        self._describe(run)
        uri = without_password(self.store.uri)
        if cursor is None or cursor.run_id != run.info.run_id:
            cursor = Cursor(tracking_uri=uri, experiment_id=self.store.experiment_id, run_id=run.info.run_id)
        return self._move(cursor, tracking_uri=uri)

    def _existing(self, cursor: Cursor | None) -> Any:
        """This trial's run in this store, if any: the cursor's, or one whose cursor was lost or points elsewhere."""
        client, experiment = self.store.client, self.store.experiment_id
        if cursor is not None:
            try:
                run = client.get_run(cursor.run_id)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
            else:
                if run.info.lifecycle_stage == "active" and run.info.experiment_id == experiment:
                    return run
        found = client.search_runs([experiment], f"tags.`{TRIAL_TAG}` = '{_identity(self.trial)}'", max_results=1)
        return found[0] if found else None

    def _create(self, first: Event) -> Any:
        tags = {**self.tags, "arm": self.trial.arm.name, TRIAL_TAG: _identity(self.trial)}
        tags |= record_tags(self.trial.record())
        if origin := read_record(self.trial.directory).reused_from:
            tags["reused_from"] = origin
        return self.store.client.create_run(
            self.store.experiment_id, start_time=milliseconds(first), tags=tags, run_name=self.trial.name
        )

    def _describe(self, run: Any) -> None:
        """Parameters and configuration, as far as the run lacks them."""
        missing = [Param(key, value) for key, value in self.params.items() if key not in run.data.params]
        if missing:
            self.store.client.log_dict(run.info.run_id, self.trial.config.plain(), "config.json")
            self.store.client.log_batch(run.info.run_id, params=missing, synchronous=True)

    def _send(self, run_id: str, fresh: Sequence[AnyEvent], events: Sequence[AnyEvent]) -> None:
        check, self.certain = not self.certain, False
        budget = self.trial.config.budget_kimg
        points = points_of(fresh, budget)
        send_points(self.store.client, run_id, points, check=check)
        if not all(math.isfinite(point.value) for point in points):
            self.store.client.set_tag(run_id, "not_finite", " ".join(not_finite(points_of(events, budget))))
        grids = [Picture.of(event, self.trial.directory, budget) for event in fresh if isinstance(event, Sampled)]
        send_pictures(self.store.client, run_id, grids, check=check)
        self.certain = True

    def _go_on(self, cursor: Cursor) -> Cursor:
        self.store.client.update_run(cursor.run_id, status="RUNNING")
        self.store.client.set_tag(cursor.run_id, OUTCOME_TAG, "resumed")
        return self._move(cursor, status="")

    def _end(self, run_id: str, end: Finished, events: Sequence[AnyEvent]) -> None:
        client = self.store.client
        tags = {OUTCOME_TAG: end.status, **end_tags(events), **summary_tags(summary_of(events))}
        tags |= record_tags(self.trial.record())  # a run that an older version made has none yet
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()], synchronous=True)
        client.log_artifact(run_id, str(self.trial.directory / journal.NAME))
        if (self.trial.directory / SHOW).is_dir():
            client.log_artifacts(run_id, str(self.trial.directory / SHOW), SHOW)
        client.set_terminated(run_id, status=STATUS[end.status], end_time=milliseconds(end))

    def _move(self, cursor: Cursor, **changes: Any) -> Cursor:
        self.cursor = cursor.model_copy(update=changes)
        write_cursor(self.trial.directory, self.cursor)
        return self.cursor


def _identity(trial: Trial) -> str:
    return f"{trial.name}-{trial.config.fingerprint()}"
