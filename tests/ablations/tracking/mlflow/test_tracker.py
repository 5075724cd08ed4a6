"""Journals in a real MLflow store: everything once, under the right run, with the right end."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ablations.tracking.mlflow.tracker import MlflowTracker
from ablations.tracking.mlflow.trial_run import TrialRun
from ablations.workspace.cursor import is_shipped, read_cursor
from ablations.workspace.execution_record import Execution
from ablations.workspace.trials import Trial
from gan_core.events import Evaluated, Sampled, Ticked
from tests.ablations.journals import make_arm, make_trial, story, write
from tests.ablations.tracking.conftest import Place, ticks

ExecutionOf = Callable[..., Execution]
BASELINE, DROPOUT = make_arm("baseline"), make_arm("dropout", ("dropout",))


def ship(place: Place, execution: Execution, *trials: Trial) -> str:
    """One whole execution that ships these trials."""
    tracker: MlflowTracker = place.tracker()
    parent = tracker.begin(execution)
    tracker.start()
    for trial in trials:
        tracker.notify(trial)
    assert tracker.close(60, "finished") == ""
    return parent


def test_a_finished_trial_is_all_there(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial, other = make_trial(tmp_path, DROPOUT, 1), make_trial(tmp_path, BASELINE, 1)
    events = list(story(trial, 20.0))
    write(trial, events)
    parent = ship(place, execution_of(trial, other), trial)
    run = place.runs()["dropout-seed1"]
    history = place.history(run)
    progress = [(e.images, e.scores[0].value, round(e.time * 1000)) for e in events if isinstance(e, Evaluated)][:4]
    assert history["loss_d"] == ticks(events, "loss_d")
    assert history["loss_g"] == ticks(events, "loss_g")
    assert history["score/fid1k_tiny-1a2b3c4d"] == progress
    assert [step for step, *_ in history["score/is1k_tiny-1a2b3c4d"]] == [300, 600, 900, 1200]
    assert [(step, kimg) for step, kimg, _ in history["kimg"]] == [(100 * n, n / 10) for n in range(1, 13)]
    assert {len(history[name]) for name in ("trick/dropout.dropped", "images_per_s")} == {12}
    ends = {"fid_best": 20.0, "fid_last": 21.0, "is_best": 2.0, "is_last": 2.1, "fid_best_kimg": 0.9}
    assert {name: run.data.metrics[name] for name in ends} == ends
    assert [(len(history[name]), history[name][0][0]) for name in ends] == [(1, 0)] * len(ends)  # no step: bars
    assert run.info.status == "FINISHED"
    tags = run.data.tags
    assert tags["mlflow.parentRunId"] == parent == place.runs()["parent"].info.run_id
    assert (tags["arm"], tags["outcome"], tags["diverged"]) == ("dropout", "finished", "false")
    assert tags["inert"] == "none"
    assert (tags["fid_stamp"], tags["fid_protocol"]) == ("12345678", "fid10k_tiny-1a2b3c4d")
    assert (tags["mlflow.user"], tags["mlflow.source.git.commit"], tags["git_dirty"]) == ("alice", "c0ffee", "true")


def test_parameters_and_files(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trials = [make_trial(tmp_path, arm, 1) for arm in (BASELINE, DROPOUT, make_arm("ttur", ("ttur",)))]
    write(trials[1], list(story(trials[1], 20.0)))
    ship(place, execution_of(*trials), trials[1])
    runs = place.runs()
    assert runs["dropout-seed1"].data.params == {
        "arm": "dropout",
        "seed": "1",
        "dropout": "0.3",
        "ttur": "off",
        "data": "shapes",
        "data_digest": "d",
        "fid_protocol": "fid10k_tiny-1a2b3c4d",
        "fid_stamp": "12345678",
        "image_size": "16",
        "architecture": "dcgan",
        "width": "8",
        "loss": "non_saturating",
        "batch_size": "10",
        "budget_kimg": "1.2",
        "lr_g": "0.0002",
        "lr_d": "0.0002",
    }
    assert runs["parent"].data.params == {"design": "one-in", "arms": "3", "seeds": "1", "trials": "3"}
    files = {info.path for info in place.client.list_artifacts(runs["dropout-seed1"].info.run_id)}
    assert files == {"config.json", "events.jsonl", "images"}
    (inputs,) = runs["dropout-seed1"].inputs.dataset_inputs
    assert (inputs.dataset.name, inputs.dataset.digest) == ("shapes", "d")
    root = Path(runs["dropout-seed1"].info.artifact_uri.removeprefix("file://"))
    assert json.loads((root / "config.json").read_text()) == trials[1].config.plain()
    assert (root / "events.jsonl").read_bytes() == (trials[1].directory / "events.jsonl").read_bytes()
    parents = {info.path for info in place.client.list_artifacts(runs["parent"].info.run_id)}
    assert parents == {
        *("tiny.yaml", "provenance.json", "uncommitted.patch", "environment.txt", "constraints.txt"),
        "beside.json",
    }
    assert runs["parent"].info.status == "FINISHED"


def test_grids_are_where_the_image_view_looks(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    write(trial, list(story(trial, 20.0)))
    ship(place, execution_of(trial), trial)
    run = place.runs()["baseline-seed0"]
    paths = place.pictures(run)
    for suffix in (".png", "+compressed.webp"):
        steps = [int(p.split("+step+")[1].split("+")[0]) for p in paths if p.endswith(suffix)]
        assert sorted(steps) == [0, 300, 600, 900, 1200]
    assert all(path.startswith("images/samples+step+") for path in paths)
    assert run.data.tags["mlflow.loggedImages"] == "True"


def test_growing_journal_is_shipped_while_it_grows(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 20.0))
    tracker = place.tracker()
    tracker.begin(execution_of(trial))
    tracker.start()
    write(trial, events[:7])
    tracker.notify(trial, ended=True)  # at once
    deadline = time.monotonic() + 30
    while (cursor := read_cursor(trial.directory)) is None or cursor.seq < 6:
        assert time.monotonic() < deadline, tracker.problem
        time.sleep(0.05)
    run = place.runs()["baseline-seed0"]
    assert (run.info.status, len(place.history(run)["loss_d"])) == ("RUNNING", 3)
    write(trial, events[7:])
    tracker.notify(trial)
    assert tracker.close(60) == ""
    assert place.history(place.runs()["baseline-seed0"])["loss_d"] == ticks(events, "loss_d")


def test_divergence_is_a_tag_and_no_number(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    write(trial, list(story(trial, 20.0, "diverged")))
    ship(place, execution_of(trial), trial)
    run = place.runs()["baseline-seed0"]
    assert (run.info.status, run.data.tags["diverged"], run.data.tags["not_finite"]) == ("FINISHED", "true", "loss_g")
    history = place.history(run)
    assert (len(history["loss_d"]), len(history["loss_g"])) == (12, 9)
    assert "fid_best" not in history


def test_a_parent_left_running_by_a_killed_process_is_ended(
    place: Place, execution_of: ExecutionOf, tmp_path: Path
) -> None:
    execution = execution_of(make_trial(tmp_path, BASELINE, 0))
    forsaken = place.tracker().begin(execution)
    tracker = place.tracker()
    current = tracker.begin(execution)
    assert place.client.get_run(forsaken).info.status == "KILLED"
    assert place.client.get_run(forsaken).data.tags["outcome"] == "killed"
    assert place.client.get_run(current).info.status == "RUNNING"


def test_attached_file_is_with_the_parent(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    (tmp_path / "leaderboard.csv").write_text("rank\n")
    tracker = place.tracker()
    parent = tracker.begin(execution_of(make_trial(tmp_path, BASELINE, 0)))
    tracker.start()
    tracker.attach(tmp_path / "leaderboard.csv")
    assert tracker.close(60) == ""
    assert "leaderboard.csv" in {info.path for info in place.client.list_artifacts(parent)}


def test_what_cannot_be_sent_is_told_and_sent_by_the_next_run(
    place: Place, execution_of: ExecutionOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    events = list(story(trial, 20.0))
    write(trial, events)
    tracker = place.tracker()
    tracker.begin(execution_of(trial))
    monkeypatch.setattr("ablations.tracking.mlflow.tracker.PATIENCE_S", 0.5)
    with monkeypatch.context() as patch:

        def refuse(*_: Any, **__: Any) -> None:
            raise ConnectionError("server has gone")

        for name in ("create_run", "set_terminated"):
            patch.setattr(tracker.store.client, name, refuse)
        tracker.start()
        tracker.notify(trial, ended=True)
        message = tracker.close(60)
    assert "server has gone" in message
    assert f"python -m ablations sync {tmp_path}" in message
    assert not is_shipped(trial.directory, place.uri)
    second = place.tracker()
    second.begin(execution_of(trial))
    second.start()
    second.notify(trial)
    assert second.close(60) == ""
    (run,) = [r for r in place.client.search_runs([second.store.experiment_id]) if "arm" in r.data.params]
    assert place.history(run)["loss_d"] == ticks(events, "loss_d")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_store_that_is_behind_ends_the_parent_and_tells_how_many_trials_are_left(
    place: Place, execution_of: ExecutionOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = [make_trial(tmp_path, BASELINE, seed) for seed in range(3)]
    tracker: MlflowTracker = place.tracker()
    parent = tracker.begin(execution_of(*trials))
    for trial in trials:
        write(trial, list(story(trial, 20.0, parts=1)))
    ship = TrialRun.ship

    def slow(run: TrialRun, final: bool = True) -> bool:
        while run.trial is trials[1] and not tracker._closing:
            time.sleep(0.01)
        return ship(run, final)

    monkeypatch.setattr(TrialRun, "ship", slow)
    monkeypatch.setattr("ablations.tracking.mlflow.tracker.ENDS_S", 60.0)  # at the end there is no time for trials
    tracker.start()
    for trial in trials:
        tracker.notify(trial, ended=True)
    wait_for(lambda: tracker.backlog == 2)
    message = tracker.close(60)
    assert f"(1 of 3 trials are still to be sent); to send the rest: python -m ablations sync {tmp_path}" in message
    assert [is_shipped(trial.directory, place.uri) for trial in trials] == [True, True, False]
    assert place.client.get_run(parent).info.status == "FINISHED"
    assert tracker.backlog == 1
    ship_again = place.tracker()
    ship_again.begin(execution_of(*trials))
    ship_again.start()
    assert ship_again.close(60) == ""
    assert is_shipped(trials[2].directory, place.uri)


def test_no_events_of_ended_trials_are_kept(place: Place, execution_of: ExecutionOf, tmp_path: Path) -> None:
    trial = make_trial(tmp_path, BASELINE, 0)
    write(trial, list(story(trial, 20.0, parts=1)))
    tracker: MlflowTracker = place.tracker()
    tracker.begin(execution_of(trial))
    tracker.start()
    tracker.notify(trial, ended=True)
    wait_for(lambda: tracker.backlog == 0)
    assert tracker.close(60) == ""
    assert not tracker._runs[trial.name]._tail._events


def test_sampled_pictures_come_from_the_journal(tmp_path: Path) -> None:
    """The made-up journal has what these tests count."""
    events = list(story(make_trial(tmp_path, BASELINE, 0), 1.0))
    assert sum(isinstance(e, Sampled) for e in events) == 5
    assert sum(isinstance(e, Ticked) for e in events) == 12
    assert [e.seq for e in events] == list(range(len(events)))


def test_of_a_study_with_looks_no_number_of_trials_is_claimed(
    place: Place, execution_of: ExecutionOf, tmp_path: Path
) -> None:
    """How many there will be is not known when the parameters are written, and they can't be changed later."""
    trials = [make_trial(tmp_path, arm, 1) for arm in (BASELINE, DROPOUT)]
    write(trials[1], list(story(trials[1], 20.0)))
    ship(place, replace(execution_of(*trials), looks=(5, 8)), trials[1])
    assert place.runs()["parent"].data.params == {
        "design": "one-in",
        "arms": "2",
        "looks": "at 5, 8 seeds; decided arms get no more",
    }
