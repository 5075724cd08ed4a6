"""Nothing is there twice and nothing is lost, whenever the process died and however the run went on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablations.workspace.cursor import is_shipped, read_cursor
from ablations.workspace.execution_record import Execution
from gan_core.events import Finished
from tests.ablations.journals import make_arm, make_trial, story, write
from tests.ablations.tracking.conftest import Place, ticks

ExecutionOf = Callable[..., Execution]
BASELINE, DROPOUT = make_arm("baseline"), make_arm("dropout", ("dropout",))


def test_interrupted_then_resumed_has_no_doubles(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial, waiting = make_trial(tmp_path, BASELINE, 0), make_trial(tmp_path, DROPOUT, 0)
    events = list(story(trial, 20.0))
    write(trial, events[:11])
    first = place.tracker()
    parent = first.begin(execution_of(trial, waiting))
    first.start()
    first.notify(trial)
    assert first.close(60, "interrupted") == ""
    runs = place.runs()
    assert (runs["baseline-seed0"].info.status, runs["parent"].info.status) == ("KILLED", "KILLED")
    assert runs["baseline-seed0"].data.tags["outcome"] == "interrupted"
    assert "dropout-seed0" not in runs
    assert is_shipped(trial.directory, place.uri)
    write(trial, [e.model_copy(update={"time": e.time + 500}) for e in events[8:]])  # from its checkpoint
    assert not is_shipped(trial.directory, place.uri)
    execution = execution_of(trial, waiting)
    second = place.tracker()
    assert second.begin(execution) != parent
    second.start()
    second.notify(trial)
    assert second.close(60) == ""
    assert is_shipped(trial.directory, place.uri)
    (run,) = [r for r in place.client.search_runs([second.store.experiment_id]) if "arm" in r.data.params]
    assert (run.info.status, run.data.tags["outcome"]) == ("FINISHED", "finished")
    assert run.data.tags["mlflow.parentRunId"] == parent
    history = place.history(run)
    assert [(step, value) for step, value, _ in history["loss_d"]] == [p[:2] for p in ticks(events, "loss_d")]
    assert len(history["score/fid1k_tiny-1a2b3c4d"]) == 4
    assert len(place.pictures(run)) == 2 * 5


class Killed(BaseException):
    """Not an Exception: like a signal, nothing in the tracker handles it."""


@pytest.mark.parametrize("call", range(1, 15))
def test_killed_at_any_request_then_shipped_again(
    call: int, place: Place, execution_of: ExecutionOf, tmp_path: Path
) -> None:
    """The process dies right after the n-th change that it makes to the store, before it can note so."""
    from ablations.tracking.mlflow.trial_run import TrialRun

    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 20.0, parts=2))
    write(trial, events)
    tracker = place.tracker()
    execution = execution_of(trial)
    tracker.begin(execution)
    (run,) = tracker._runs.values()
    dying = TrialRun(tracker.store, trial, run.params, run.origin)
    dying.store = type(tracker.store)(_Dying(tracker.store.client, call), place.uri, tracker.store.experiment_id)
    with pytest.raises(Killed):
        dying.ship()
    write(trial, [e.model_copy(update={"time": e.time + 500}) for e in events])  # trained again from the start
    assert run.ship()
    assert TrialRun(tracker.store, trial, run.params, run.origin).ship()
    runs = place.runs()
    shipped = runs["baseline-seed0"]
    assert {name: len(points) for name, points in place.history(shipped).items()} == {
        **dict.fromkeys(["loss_d", "loss_g", "trick/dropout.dropped", "images_per_s", "kimg"], 6),
        **dict.fromkeys(["score/fid1k_tiny-1a2b3c4d", "score/is1k_tiny-1a2b3c4d"], 2),
        **dict.fromkeys([f"{m}_{of}" for m in ("fid", "is") for of in ("best", "last")], 1),
        **dict.fromkeys(["fid_best_kimg", "fid_best_seconds"], 1),
    }
    assert len(place.pictures(shipped)) == 2 * 3
    assert shipped.info.status == "FINISHED"
    assert shipped.data.params["arm"] == "baseline"


class _Dying:
    """A client that does the n-th writing request and then dies."""

    WRITES = ("create_run", "log_inputs", "log_dict", "log_batch", "log_artifact", "set_tag", "set_terminated")

    def __init__(self, client: Any, call: int) -> None:
        self.client, self.left = client, call

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if name not in self.WRITES:
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            answer = method(*args, **kwargs)
            self.left -= 1
            if self.left == 0:
                raise Killed
            return answer

        return call


def test_a_lost_cursor_finds_its_run_again(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 20.0))
    write(trial, events)
    execution = execution_of(trial)
    tracker = place.tracker()
    tracker.begin(execution)
    (run,) = tracker._runs.values()
    assert run.ship()
    before = read_cursor(trial.directory)
    (trial.directory / "mlflow.json").unlink()
    tracker.begin(execution)
    (run,) = tracker._runs.values()
    assert run.ship()
    assert read_cursor(trial.directory) == before
    shipped = place.client.get_run(before.run_id if before else "")
    assert place.history(shipped)["loss_d"] == ticks(events, "loss_d")


def test_failed_then_tried_again(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 20.0))
    common = events[9].model_dump(include={"time", "step", "images", "wall_s"})
    write(trial, [*events[:9], Finished(seq=9, **common, status="failed", reason="disk full")])
    execution = execution_of(trial)
    tracker = place.tracker()
    tracker.begin(execution)
    (run,) = tracker._runs.values()
    assert run.ship()
    shipped = place.runs()["baseline-seed0"]
    assert (shipped.info.status, shipped.data.tags["reason"]) == ("FAILED", "disk full")
    write(trial, events[6:8])
    assert not run.ship()
    assert place.runs()["baseline-seed0"].info.status == "RUNNING"
    write(trial, events[8:])
    assert run.ship()
    shipped = place.runs()["baseline-seed0"]
    assert (shipped.info.status, shipped.data.tags["outcome"]) == ("FINISHED", "finished")
    assert place.history(shipped)["loss_d"] == ticks(events, "loss_d")
    assert len(place.history(shipped)["score/fid1k_tiny-1a2b3c4d"]) == 4
