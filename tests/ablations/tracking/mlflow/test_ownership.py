"""In a store that several people use, each folder of a study has runs of its own.

All made-up journals begin at the same moment, and all trials have the same names and configurations.
"""

import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ablations.delete import find_everything, remove_everything
from ablations.leaderboard import json_of
from ablations.leaderboard.source import from_folders
from ablations.tracking.mlflow.ownership import find_experiment
from ablations.tracking.mlflow.refresh import refresh
from ablations.tracking.mlflow.results import from_mlflow
from ablations.tracking.mlflow.run_tags import FOLDER_TAG
from ablations.tracking.mlflow.store import open_store
from ablations.tracking.state import is_study_shipped
from ablations.workspace.execution_record import Execution, begin_record, end_record
from ablations.workspace.identity import NAME as IDENTITY
from ablations.workspace.identity import own_identity
from ablations.workspace.opening import open_workspace
from ablations.workspace.recorded import recorded_trials
from ablations.workspace.trials import trials_of
from ablations.workspace.workspace import Workspace
from gan_core.events import Started
from gan_core.problems import UserError
from tests.ablations.command import Outcome, ablations
from tests.ablations.journals import story, write
from tests.ablations.tiny import tiny_study
from tests.ablations.tracking.conftest import PROVENANCE, Place


class Person:
    """Somebody with a folder of the study, trained offline on pictures of their own."""

    def __init__(self, place: Place, folder: Path, fid: float, digest: str = "d") -> None:
        folder.mkdir(exist_ok=True)
        self.place = place
        study = replace(tiny_study(folder), name=place.experiment)
        with open_workspace(study, folder / "runs") as self.workspace:
            trials = trials_of(study, self.root)
            execution = Execution(study.name, "one-in", self.root, trials, study.path, _here())
            record = begin_record(execution)
            for trial in trials:
                trial.write_record("c0de")
                events = [e.model_copy(update={"data_digest": digest}) if isinstance(e, Started) else e
                          for e in story(trial, fid)]  # fmt: skip
                write(trial, events)
            end_record(record, "finished")

    @property
    def root(self) -> Path:
        return self.workspace.root

    @property
    def name(self) -> str:
        """What this folder's experiment is called if another one was first."""
        return f"{self.place.experiment}@{own_identity(self.root).id[:4]}"

    def sync(self) -> Outcome:
        outcome = ablations("sync", self.root, "--tracking-uri", self.place.uri, "--no-models")
        assert outcome.code == 0, outcome.err
        return outcome

    def fids(self, experiment: str | None = None) -> list[float]:
        """Of all trials in this folder's experiment, or in another one."""
        return [fid for fid, _ in sorted(self.ids(experiment))]

    def ids(self, experiment: str | None = None) -> set[tuple[float, str]]:
        client = self.place.client
        named = client.get_experiment_by_name(experiment) if experiment else None
        found = named or find_experiment(client, self.place.experiment, self.root)
        runs = client.search_runs([found.experiment_id])
        return {(run.data.metrics["fid_best"], run.info.run_id) for run in runs if "arm" in run.data.params}


def _here() -> Any:
    return PROVENANCE.model_copy(update={"host": socket.gethostname()})


@pytest.fixture
def person(place: Place, tmp_path: Path) -> Callable[..., Person]:
    """Each with a folder of their own, and the store's files beside it."""
    return lambda name, fid, digest="d": Person(place, tmp_path / name, fid, digest)


def unmarked(person: Person) -> None:
    """The folder and its runs as an earlier version left them."""
    client = person.place.client
    experiment = client.get_experiment_by_name(person.place.experiment).experiment_id
    client.delete_experiment_tag(experiment, FOLDER_TAG)
    for run in client.search_runs([experiment], f"tags.`{FOLDER_TAG}` LIKE '%'"):
        client.delete_tag(run.info.run_id, FOLDER_TAG)
    (person.root / IDENTITY).unlink()


def test_two_people_with_one_study(person: Callable[..., Person], place: Place) -> None:
    alice, bob = person("alice", 34.0), person("bob", 18.0, "other pictures")
    assert alice.sync().err == ""
    assert (
        f"belongs to another folder ({own_identity(alice.root).place}); this folder's is {bob.name!r}" in bob.sync().err
    )
    assert (alice.fids(place.experiment), bob.fids(bob.name)) == ([34.0] * 2, [18.0] * 2)
    before = alice.ids(), bob.ids()
    alice.sync(), bob.sync()
    assert (alice.ids(), bob.ids()) == before
    run = place.client.search_runs([find_experiment(place.client, place.experiment, bob.root).experiment_id])[0]
    assert run.data.tags[FOLDER_TAG] == own_identity(bob.root).id


def test_the_leaderboard_from_the_store_never_mixes_them(person: Callable[..., Person], place: Place) -> None:
    alice, bob = person("alice", 34.0), person("bob", 18.0)
    alice.sync(), bob.sync()
    both = from_mlflow(place.uri, [place.experiment])
    mine = f"{place.experiment}@{own_identity(alice.root).id[:4]}"
    means = {table.study: table.rows[0].fid.mean for table in both.leaderboard().tables}
    assert means == {mine: 34.0, bob.name: 18.0}
    assert f"{bob.name} was sent by alice from {own_identity(bob.root).place}" in both.warning
    for asked, theirs in ((mine, alice), (bob.name, bob)):
        alone = from_mlflow(place.uri, [asked])
        assert json_of(alone.leaderboard()) == json_of(from_folders([theirs.root]).leaderboard())
    with pytest.raises(UserError, match="no experiment is called"):
        from_mlflow(place.uri, [f"{place.experiment}@zzzz"])


def test_delete_takes_its_own_alone(person: Callable[..., Person], place: Place) -> None:
    alice, bob = person("alice", 34.0), person("bob", 18.0)
    alice.sync(), bob.sync()
    before, name = alice.ids(), bob.name
    remove_everything(find_everything(bob.workspace, place.uri, None, local=False), lambda *_: None)
    assert place.client.get_experiment_by_name(name) is None
    assert alice.ids() == before


def test_the_folder_removed_and_trained_again_on_other_pictures(person: Callable[..., Person], place: Place) -> None:
    first = person("alice", 34.0)
    first.sync()
    ids = first.ids()
    shutil.rmtree(first.root)
    again = person("alice", 18.0, "other pictures")
    again.sync()
    assert again.fids() == [18.0] * 2
    assert again.ids(place.experiment) == ids


def test_a_trial_removed_and_trained_again_on_other_pictures(person: Callable[..., Person], place: Place) -> None:
    alice = person("alice", 34.0)
    alice.sync()
    trial = recorded_trials(alice.workspace)[0]
    shutil.rmtree(trial.directory)
    trial.write_record("c0de")
    events = list(story(trial, 5.0))
    write(trial, [events[0].model_copy(update={"data_digest": "other"}), *events[1:]])
    alice.sync()
    assert alice.fids() == [5.0, 34.0, 34.0]


def test_a_moved_and_renamed_folder_goes_on(person: Callable[..., Person], place: Place, tmp_path: Path) -> None:
    alice = person("alice", 34.0)
    alice.sync()
    before = alice.ids()
    alice.workspace = Workspace(alice.root.rename(tmp_path / "job_4711"))
    outcome = alice.sync()
    assert (outcome.err, "3 known to be there" in outcome.out, alice.ids()) == ("", True, before)


def test_a_copy_beside_its_original_is_a_study_of_its_own(
    person: Callable[..., Person], place: Place, tmp_path: Path
) -> None:
    alice, copy = person("alice", 34.0), person("bob", 18.0)
    alice.sync()
    before = alice.ids()
    copy.workspace = Workspace(Path(shutil.copytree(alice.root, tmp_path / "copy")))
    found = find_everything(copy.workspace, place.uri, None, local=False)
    assert (found.stores, found.warnings[0]) == ((), f"it is a copy of {alice.root}, and what servers have is the "
                                                     "original's: that stays there")  # fmt: skip
    assert refresh(copy.workspace, place.uri) is None
    shutil.rmtree(copy.root)
    shutil.copytree(alice.root, copy.root)
    assert "is a copy of" in copy.sync().err
    assert copy.fids(copy.name) == [34.0] * 2
    assert copy.ids().isdisjoint(before)
    alice.sync()
    assert alice.ids() == before
    remove_everything(find_everything(copy.workspace, place.uri, None, local=False), lambda *_: None)
    assert alice.ids() == before


def test_a_folder_of_an_earlier_version_knows_its_runs(person: Callable[..., Person], place: Place) -> None:
    alice, bob = person("alice", 34.0), person("bob", 18.0)
    alice.sync()
    before = alice.ids()
    unmarked(alice)
    bob.sync()
    assert bob.fids(bob.name) == [18.0] * 2  # whoever comes first
    outcome = alice.sync()
    assert (outcome.err, "3 known to be there" in outcome.out, alice.ids(place.experiment)) == ("", True, before)
    unmarked(alice)
    assert len(find_everything(alice.workspace, place.uri, None, local=False).stores[0].trials) == 2


def test_a_copy_of_an_earlier_versions_folder_has_not_its_runs(
    person: Callable[..., Person], place: Place, tmp_path: Path
) -> None:
    alice, copy = person("alice", 34.0), person("bob", 18.0)
    alice.sync()
    before = alice.ids()
    unmarked(alice)
    copy.workspace = Workspace(Path(shutil.copytree(alice.root, tmp_path / "copy")))
    assert find_everything(copy.workspace, place.uri, None, local=False).stores[0].trials == ()
    copy.sync()
    assert copy.ids(copy.name).isdisjoint(before)
    alice.sync()
    assert alice.ids(place.experiment) == before


def test_of_two_copies_on_two_machines_the_second_to_work_is_another(
    person: Callable[..., Person], place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, copy = person("alice", 34.0), person("bob", 18.0)
    alice.sync()
    before = alice.ids()
    copy.workspace = Workspace(Path(shutil.copytree(alice.root, tmp_path / "there")))
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    trials = recorded_trials(copy.workspace)
    with pytest.raises(UserError, match="may be a copy"):
        find_everything(copy.workspace, place.uri, None, local=False)
    assert copy.sync().err == ""  # it may have been moved
    study_file = tmp_path / "bob" / "tiny.yaml"
    folder = begin_record(Execution(place.experiment, "one-in", copy.root, trials, study_file, _here()))
    end_record(folder, "finished")
    assert (copy.sync().err, copy.ids()) == ("", before)
    monkeypatch.undo()
    assert find_everything(alice.workspace, place.uri, None, local=False).stores[0].trials == ()
    outcome = alice.sync()
    assert "a copy of" in outcome.err
    assert alice.fids(alice.name) == [34.0] * 2
    assert alice.ids().isdisjoint(before)
    assert "a copy of" not in alice.sync().err


def test_a_store_that_was_emptied_gets_all_of_it_again(person: Callable[..., Person], place: Place) -> None:
    alice = person("alice", 34.0)
    alice.sync()
    experiment = place.client.get_experiment_by_name(place.experiment).experiment_id
    assert is_study_shipped(recorded_trials(alice.workspace), alice.root, place.uri)
    place.client.rename_experiment(experiment, f"{place.experiment} of the past")
    assert "3 known to be there" not in alice.sync().out
    assert alice.fids(place.experiment) == [34.0] * 2


def test_an_experiment_that_somebody_made_by_hand_is_free(person: Callable[..., Person], place: Place) -> None:
    alice = person("alice", 34.0)
    made = place.client.create_experiment(place.experiment)
    place.client.create_run(made)
    assert open_store(place.uri, place.experiment, None, alice.root).experiment_id == made
