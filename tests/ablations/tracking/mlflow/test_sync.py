"""A study that was trained offline is sent later: all of it, once, with what was true when it was trained."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ablations.tracking.state import is_study_shipped
from ablations.workspace.cursor import is_settled
from ablations.workspace.execution_record import Execution, begin_record, end_record, executions_of, read_execution
from ablations.workspace.opening import open_workspace
from ablations.workspace.provenance import Provenance
from ablations.workspace.trials import Trial, trials_of
from ablations.workspace.workspace import Workspace
from gan_core.events import Finished
from gan_core.machine.files import exclusive
from tests.ablations.command import Outcome, ablations
from tests.ablations.journals import story, write
from tests.ablations.tiny import tiny_study
from tests.ablations.tracking.conftest import PROVENANCE, Place, ticks


@dataclass(frozen=True)
class Offline:
    """A study of two arms whose journals were written offline, and the store that `sync` sends to."""

    workspace: Workspace
    trials: tuple[Trial, ...]
    study_file: Path
    place: Place

    def begin(self, provenance: Provenance = PROVENANCE) -> Path:
        folder = begin_record(
            Execution("tiny", "one-in", self.workspace.root, self.trials, self.study_file, provenance)
        )
        for trial in self.trials:
            trial.write_record("c0de")
        return folder

    def sync(self) -> Outcome:
        return ablations("sync", self.workspace.root, "--tracking-uri", self.place.uri)

    def runs(self) -> dict[str, Any]:
        return self.place.runs()


@pytest.fixture
def offline(store_uri: str, tmp_path: Path, request: pytest.FixtureRequest) -> Offline:
    from mlflow import MlflowClient

    study = tiny_study(tmp_path)
    study = type(study)(**{**vars(study), "name": request.node.name})
    with open_workspace(study, tmp_path / "runs") as workspace:
        trials = trials_of(study, workspace.root)
    client = MlflowClient(store_uri, registry_uri=store_uri)
    client.create_experiment(study.name, artifact_location=(tmp_path / "files").as_uri())
    return Offline(workspace, trials, study.path, Place(store_uri, study.name, tmp_path / "files", client))


def test_all_of_it_once(offline: Offline) -> None:
    folder = offline.begin()
    first, second = offline.trials
    stories = {trial.name: list(story(trial, 20.0)) for trial in (first, second)}
    for trial in offline.trials:
        write(trial, stories[trial.name])
    end_record(folder, "finished")
    offline.workspace.leaderboard_csv.write_text("rank\n")
    outcome = offline.sync()
    assert outcome.code == 0, outcome.err
    assert "5 of 7: leaderboard.csv" in outcome.out
    assert "6 of 7: claims, floors and other scores" in outcome.out
    assert "7 sent" in outcome.out
    before = offline.runs()
    again = offline.sync()
    assert again.code == 0
    assert "3 known to be there" in again.out
    runs = offline.runs()
    assert {name: run.info.run_id for name, run in runs.items()} == {n: r.info.run_id for n, r in before.items()}
    parent = runs["parent"]
    assert (parent.info.status, parent.data.tags["mlflow.user"]) == ("FINISHED", "alice")
    files = {info.path for info in offline.place.client.list_artifacts(parent.info.run_id)}
    assert {"tiny.yaml", "uncommitted.patch", "environment.txt", "leaderboard.csv"} <= files
    for trial in offline.trials:
        run = runs[trial.name]
        assert offline.place.history(run)["loss_d"] == ticks(stories[trial.name], "loss_d")
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert (run.data.tags["host"], run.data.tags["version.torch"]) == ("here", "0")
        assert run.data.params["lr_d"] == {"baseline": "0.0002", "ttur": "0.0008"}[trial.arm.name]
        assert len(offline.place.pictures(run)) == 2 * 5
    assert is_study_shipped(offline.trials, offline.workspace.root, offline.place.uri)


def test_each_trial_under_the_execution_that_began_it(offline: Offline) -> None:
    folders = []
    for trial in offline.trials:
        folder = offline.begin(PROVENANCE.model_copy(update={"command": trial.name}))
        folders.append(folder)
        started = read_execution(folder).started
        late = [event.model_copy(update={"time": started + event.seq / 1000}) for event in story(trial, 20.0)]
        write(trial, late)
        end_record(folder, "finished")
    assert offline.sync().code == 0
    experiment = offline.place.client.get_experiment_by_name(offline.place.experiment).experiment_id
    found = {run.info.run_id: run for run in offline.place.client.search_runs([experiment])}
    children = {run.info.run_name: run for run in found.values() if "arm" in run.data.params}
    assert len(found) == 4
    for trial in offline.trials:
        parent = found[children[trial.name].data.tags["mlflow.parentRunId"]]
        assert parent.data.tags["command"] == children[trial.name].data.tags["command"] == trial.name


def test_ends_are_told_apart(offline: Offline) -> None:
    """Interrupted by the user, killed with the parent, and lost alone while its parent went on."""
    baseline, ttur = offline.trials
    events = list(story(baseline, 20.0))
    folder = offline.begin()
    write(baseline, events[:7])
    write(ttur, list(story(ttur, 20.0))[:7])
    end_record(folder, "interrupted", lost=["ttur-seed0"])
    assert offline.sync().code == 0
    runs = offline.runs()
    told = {name: (run.info.status, run.data.tags["outcome"]) for name, run in runs.items()}
    assert told == {
        "parent": ("KILLED", "interrupted"),
        "baseline-seed0": ("KILLED", "interrupted"),
        "ttur-seed0": ("KILLED", "killed"),
    }
    begun = offline.begin()  # and killed before its end
    started = read_execution(begun).started
    write(baseline, [event.model_copy(update={"time": started + 1}) for event in events[7:9]])
    assert not is_study_shipped(offline.trials, offline.workspace.root, offline.place.uri)
    assert offline.sync().code == 0
    (forsaken,) = [folder for folder in executions_of(offline.workspace.root) if folder == begun]
    assert read_execution(forsaken).outcome == "killed"
    cursor_runs = offline.place.client.search_runs(
        [offline.place.client.get_experiment_by_name(offline.place.experiment).experiment_id]
    )
    by_name = {run.info.run_name: run for run in cursor_runs if "arm" in run.data.params}
    assert (by_name["baseline-seed0"].info.status, by_name["baseline-seed0"].data.tags["outcome"]) == (
        "KILLED",
        "killed",
    )
    write(baseline, [event.model_copy(update={"time": started + 2}) for event in events[9:]])
    assert isinstance(events[-1], Finished)
    assert offline.sync().code == 0
    run = offline.place.client.get_run(by_name["baseline-seed0"].info.run_id)
    assert (run.info.status, run.data.tags["outcome"]) == ("FINISHED", "finished")
    assert is_settled(baseline.directory, offline.place.uri)


def test_not_while_run_is_at_work(offline: Offline) -> None:
    with exclusive(offline.workspace.lock_file, "study"):
        refused = offline.sync()
    assert refused.code == 2
    assert "is at work in another process" in refused.err


def test_no_such_study_and_no_server(offline: Offline) -> None:
    unknown = ablations("sync", "nothing", "--runs", offline.workspace.root.parent)
    assert unknown.code == 2
    assert "has not been run" in unknown.err
    away = ablations("sync", offline.workspace.root, "--tracking-uri", "http://127.0.0.1:9")
    assert away.code == 2
    assert "does not answer" in away.err


def test_what_cannot_be_sent_is_named(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    from ablations.tracking.mlflow import sync as mlflow_sync
    from ablations.tracking.mlflow.trial_run import TrialRun

    folder = offline.begin()
    for trial in offline.trials:
        write(trial, list(story(trial, 20.0)))
    end_record(folder, "finished")
    whole = TrialRun.ship

    def ship(run: TrialRun, final: bool = True) -> bool:
        if run.trial.arm.name == "ttur":
            raise OSError("no route")
        return whole(run, final)

    monkeypatch.setattr(mlflow_sync, "PAUSE_S", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(TrialRun, "ship", ship)
        outcome = offline.sync()
    assert outcome.code == 1
    assert "ttur-seed0: OSError: no route" in outcome.err
    assert "to send the rest: python -m ablations sync" in outcome.out
    assert offline.sync().code == 0
    assert {run.info.status for run in offline.runs().values()} == {"FINISHED"}


def test_offline_trains_and_says_how_to_go_on(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_ABLATIONS_HOME", str(home))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    study = tiny_study(tmp_path, budget_kimg=0.1, extractor="none").path
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    outcome = ablations("run", study, "--offline", "--executor", "inline", "--threads", 1, "--no-floors")
    assert outcome.code == 0, outcome.err
    assert "python -m ablations sync runs/tiny" in outcome.out
    assert not (tmp_path / "runs" / "tiny" / "mlflow.db").exists()
    assert not list(tmp_path.rglob("mlflow.json"))
    (folder,) = executions_of(tmp_path / "runs" / "tiny")
    record = read_execution(folder)
    assert record.outcome == "finished"
    assert record.provenance.cpu
    assert record.provenance.cores == len(os.sched_getaffinity(0))
    again = ablations("run", study, "--offline", "--executor", "inline")
    assert again.code == 0
    assert former == {number: signal.getsignal(number) for number in former}
