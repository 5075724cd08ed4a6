"""One trial's MLflow run: found or made, brought up to the journal, ended.

Whatever may have been sent before (after a crash, a resumption, a request that failed half-way) is asked of the store
first, so that no point and no picture is there twice.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException

from ablations.addresses import without_password
from ablations.executors.system_metrics import read_samples
from ablations.results.summary import summary_of
from ablations.study.plugins import USE
from ablations.tracking.mlflow.paging import pages
from ablations.tracking.mlflow.run_tags import FOLDER_TAG, TRIAL_TAG
from ablations.tracking.mlflow.sending import SHOWN_TAG, LoggedImage, dataset_input, send_pictures, send_points
from ablations.tracking.mlflow.store import Store
from ablations.tracking.points import LoggedPoint, end_tags, milliseconds, not_finite, points_of, system_points
from ablations.tracking.run_status import OUTCOME_TAG, RESUMED, STATUS, STOPPED
from ablations.tracking.tags import record_of, record_tags, summary_tags
from ablations.tracking.tail import JournalTail
from ablations.workspace.cursor import Cursor, read_cursor, write_cursor
from ablations.workspace.trial_record import RECORD, read_trial_record
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import AnyEvent, Event, Finished, Sampled, Started
from gan_core.machine.inside import file_inside
from gan_core.plugin_text import FOLDER as CODE
from gan_core.plugin_text import kept

SHOW = "show"  # pictures of the whole run, in the trial's folder and next to images/
PROTOCOL_PARAMS = ("fid_protocol", "fid_stamp")  # tags too; known at the end
Origin = Callable[[float], Mapping[str, str]]


class TrialRun:
    """The MLflow run of one trial. Its methods raise whatever MLflow raises; they may be called again afterwards.

    `origin`: what a new run is given besides its own, by the Unix time at which the trial began. `params` are written
    once by MLflow's rules, so a run that exists already keeps the ones it has.
    """

    def __init__(self, store: Store, trial: Trial, params: Mapping[str, str], origin: Origin) -> None:
        self.store, self.trial, self.params, self.origin = store, trial, params, origin
        self.cursor: Cursor | None = None
        self.certain = False  # whether the store is known to hold just what the cursor says
        self._tail = JournalTail(trial.directory)

    def ship(self, final: bool = True) -> bool:
        """Send what the journal holds beyond the cursor. True when the trial has ended and all of it is there.

        `final`: nobody adds to the trial now. Until then the end in a journal is not taken up: pictures are drawn
        after it is written.
        """
        events = self._tail.read()
        if not events:
            return False
        cursor = self.cursor or self._open(events[0])
        end = events[-1] if isinstance(events[-1], Finished) else None
        fresh = [event for event in events if event.seq > cursor.seq and not isinstance(event, Finished)]
        if end is None and cursor.status and (fresh or cursor.status not in STOPPED):
            cursor = self._go_on(cursor)
        samples = read_samples(self.trial.directory, cursor.samples)
        if fresh or samples:
            self._send(cursor.run_id, fresh, events, system_points(samples, cursor.samples))
            seq = fresh[-1].seq if fresh else cursor.seq
            cursor = self._move(cursor, seq=seq, samples=cursor.samples + len(samples))
        if end is not None and final and cursor.status != end.status:
            self._end(cursor.run_id, end, events)
            self._move(cursor, status=end.status)
        return end is not None

    def conclude(self, outcome: str) -> None:
        """Ship all; of a trial without an end say that nobody works on it now. New events take that back."""
        ended = self.ship()
        if ended or self.cursor is None or self.cursor.status:
            return
        self.store.client.set_tag(self.cursor.run_id, OUTCOME_TAG, outcome)
        self.store.client.set_terminated(self.cursor.run_id, status=STATUS[outcome])
        self._move(self.cursor, status=outcome)

    def forget(self) -> None:
        """Keep no event in memory: what is still to be sent is read from the journal again."""
        self._tail = JournalTail(self.trial.directory)

    def last_sign(self) -> float | None:
        """Unix time of the last event; None before any."""
        events = self._tail.read()
        return events[-1].time if events else None

    def _open(self, first: Event) -> Cursor:
        """The cursor of this trial in this store; a run is made where there is none."""
        cursor = read_cursor(self.trial.directory)
        run = self._existing(cursor, first)
        self.certain = run is None
        if isinstance(first, Started):
            self.params = {**self.params, "data_digest": first.data_digest}
        if run is None:
            run = self._create(first)
        self._describe(run, first)
        uri = without_password(self.store.uri)
        if cursor is None or cursor.run_id != run.info.run_id:
            cursor = Cursor(tracking_uri=uri, experiment_id=self.store.experiment_id, run_id=run.info.run_id)
        return self._move(cursor, tracking_uri=uri)

    def _existing(self, cursor: Cursor | None, first: Event) -> Any:
        """The run of this journal in this store, if any: the cursor's, or one whose cursor was lost.

        Trial and configuration do not make a run the same one: folder, images and code belong to it too. A run that
        bears no id, or in a copied store the original's, is this one's if the journal began at the same moment.
        """
        client, experiment = self.store.client, self.store.experiment_id
        if cursor is not None:
            try:
                run = client.get_run(cursor.run_id)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
            else:
                is_there = run.info.lifecycle_stage == "active" and run.info.experiment_id == experiment
                if is_there and _has_same_images(run, first):
                    return run
        search = partial(client.search_runs, [experiment], f"tags.`{TRIAL_TAG}` = '{_identity(self.trial)}'")
        found = (run for run in pages(search) if _has_same_images(run, first) and self._has_same_code(run))
        return next(
            (run for run in found if self._is_of_folder(run) or run.info.start_time == milliseconds(first)), None
        )

    def _is_of_folder(self, run: Any) -> bool:
        return bool(run.data.tags.get(FOLDER_TAG, "") == self.store.folder)

    def _has_same_code(self, run: Any) -> bool:
        """Whether the run is not one of other code, as far as is known."""
        record, now = record_of(run.data.tags), read_trial_record(self.trial.directory).code
        return record is None or None in (record.code, now) or record.code == now

    def _create(self, first: Event) -> Any:
        record = read_trial_record(self.trial.directory)
        begun = first.time
        if record.reused_from is not None:
            begun = (self.trial.directory / RECORD).stat().st_mtime  # when it was taken over
        tags = {**self.origin(begun), **record_tags(record), TRIAL_TAG: _identity(self.trial)}
        if self.store.folder:
            tags[FOLDER_TAG] = self.store.folder
        tags |= {"study": self.trial.study, "arm": self.trial.arm.name, "seed": str(self.trial.seed), SHOWN_TAG: "True"}
        if record.plugins:
            tags[USE] = ", ".join(plugin.entry for plugin in record.plugins)
        if self.trial.arm.block:
            tags["block"] = self.trial.arm.block
        if record.reused_from is not None:
            tags["reused_from"] = record.reused_from
        if isinstance(first, Started):
            tags |= {"device": first.device, "threads": str(first.threads)}
            tags |= {"ran_on": first.ran_on} if first.ran_on else {}
            tags |= {f"numerics.{name}": str(value) for name, value in first.numerics.items()}
            tags |= {f"version.{package}": number for package, number in first.versions.items()}
        return self.store.client.create_run(
            self.store.experiment_id, start_time=milliseconds(first), tags=tags, run_name=self.trial.name
        )

    def _describe(self, run: Any, first: Event) -> None:
        """Data set, configuration and parameters, as far as the run lacks them; the parameters last."""
        missing = [Param(key, value) for key, value in self.params.items() if key not in run.data.params]
        if missing:
            client, run_id = self.store.client, run.info.run_id
            if isinstance(first, Started):
                client.log_inputs(run_id, [dataset_input(first, self.trial.config)])
            client.log_dict(run_id, self.trial.config.plain(), "config.json")
            for entry in self.trial.config.use:
                self._keep_text(run_id, entry)
            client.log_batch(run_id, params=missing, synchronous=True)

    def _keep_text(self, run_id: str, entry: str) -> None:
        """Send the text of a plug-in, from where the run or its study keeps it."""
        for folder in (self.trial.directory, self.trial.directory.parents[1]):
            source = kept(folder, entry)
            if source is not None:
                self.store.client.log_text(run_id, source.text, f"{CODE}/{source.digest}/{source.name}")
                return

    def _send(
        self, run_id: str, fresh: Sequence[AnyEvent], events: Sequence[AnyEvent], system: Sequence[LoggedPoint]
    ) -> None:
        check, self.certain = not self.certain, False
        budget = self.trial.config.budget_kimg
        points = points_of(fresh, budget)
        send_points(self.store.client, run_id, [*points, *system], check=check)
        if not all(math.isfinite(point.value) for point in points):
            self.store.client.set_tag(run_id, "not_finite", " ".join(not_finite(points_of(events, budget))))
        grids = (LoggedImage.of(event, self.trial.directory, budget) for event in fresh if isinstance(event, Sampled))
        send_pictures(self.store.client, run_id, [grid for grid in grids if grid is not None], check=check)
        self.certain = True

    def _go_on(self, cursor: Cursor) -> Cursor:
        self.store.client.update_run(cursor.run_id, status="RUNNING")
        self.store.client.set_tag(cursor.run_id, OUTCOME_TAG, RESUMED)
        return self._move(cursor, status="")

    def _end(self, run_id: str, end: Finished, events: Sequence[AnyEvent]) -> None:
        client = self.store.client
        summary = summary_of(events)
        tags = {OUTCOME_TAG: end.status, SHOWN_TAG: "True", **end_tags(events), **summary_tags(summary)}
        tags |= {"ran_on": summary.ran_on} if summary.ran_on else {}  # of a run that went on elsewhere, all of it
        tags |= record_tags(read_trial_record(self.trial.directory))  # a run that an older version made has none yet
        there = client.get_run(run_id).data.params  # what is there can't be changed
        params = [Param(key, tags[key]) for key in PROTOCOL_PARAMS if key in tags and key not in there]
        client.log_batch(
            run_id, params=params, tags=[RunTag(key, value) for key, value in tags.items()], synchronous=True
        )
        directory = self.trial.directory
        for path in (directory / journal.NAME, *sorted((directory / SHOW).rglob("*"))):
            inside = path.relative_to(directory)
            if file_inside(directory, inside):  # never what a link in a folder from elsewhere leads to
                client.log_artifact(run_id, str(path), "" if len(inside.parts) == 1 else inside.parent.as_posix())
        client.set_terminated(run_id, status=STATUS[end.status], end_time=milliseconds(end))

    def _move(self, cursor: Cursor, **changes: Any) -> Cursor:
        self.cursor = cursor.model_copy(update=changes)
        write_cursor(self.trial.directory, self.cursor)
        return self.cursor


def _identity(trial: Trial) -> str:
    return f"{trial.name}-{trial.config.fingerprint()}"


def _has_same_images(run: Any, first: Event) -> bool:
    """Whether the run is not one of other images, as far as is known."""
    known = run.data.params.get("data_digest")
    return known is None or not isinstance(first, Started) or known == first.data_digest
