"""What a store keeps for its UI, read back from the store."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ablations.tracking.mlflow.refresh import refresh
from ablations.tracking.mlflow.run_tags import EXECUTION, ID_TAG, KIND_TAG
from ablations.tracking.mlflow.sync import sync
from ablations.tracking.views.links import Links
from ablations.tracking.views.subject import COLOURS
from ablations.workspace.looks_taken import write_looks_taken
from ablations.workspace.workspace import Workspace
from gan_core.machine.files import exclusive
from tests.ablations.journals import make_arm, write_study_json, write_trial
from tests.ablations.tracking.conftest import Place

NOTE = "mlflow.note.content"
FIDS = {"baseline": (20.0, 22.0), "dropout": (30.0, 31.0), "ttur": (12.0, 11.0)}


@pytest.fixture
def study(place: Place, tmp_path: Path, execution_of: Any) -> Workspace:
    """A study whose name is the experiment's, with three arms of two seeds, not sent yet."""
    from ablations.workspace.execution_record import begin_record, end_record

    root = tmp_path / place.experiment
    trials = [
        write_trial(root, make_arm(arm, () if arm == "baseline" else (arm,)), seed, fid, study=place.experiment)
        for arm, fids in FIDS.items()
        for seed, fid in enumerate(fids)
    ]
    write_study_json(root)
    (root / "study.yaml").write_text("question: q\n")
    made = execution_of(*trials)
    folder = begin_record(type(made)(**{**vars(made), "study": place.experiment, "directory": root}))
    end_record(folder, "finished")
    return Workspace(root)


def send(study: Workspace, place: Place) -> Any:
    """Send all; the experiment as it is in the store then."""
    problems = [step.problem for step in sync(study, place.uri, place.artifacts)]
    assert not any(problems)
    return place.client.get_experiment_by_name(place.experiment)


def parent(place: Place) -> Any:
    (found,) = [run for run in place.runs().values() if run.data.tags.get(KIND_TAG) == EXECUTION]
    return found


def test_views_lead_to_metrics_that_are_there(study: Workspace, place: Place) -> None:
    experiment = send(study, place)
    views = {key.rpartition(".")[2]: json.loads(v) for key, v in experiment.tags.items() if "sharedViewState" in key}
    assert set(views) == {"study", "arms", "trials", "images"}
    params = {name for run in place.runs().values() for name in run.data.params}
    metrics = {name for run in place.runs().values() for name in run.data.metrics}
    for view in views.values():
        columns = re.findall(r"(metrics|params)\.`(\w+)`", " ".join(view["selectedColumns"]))
        assert {name for kind, name in columns if kind == "metrics"} <= metrics
        assert {name for kind, name in columns if kind == "params"} <= params
        found = place.client.search_runs([experiment.experiment_id], view["searchFilter"])
        assert found
        assert all("arm" in run.data.params for run in found)


def test_what_is_said_has_the_ranks_and_the_answer(study: Workspace, place: Place) -> None:
    experiment = send(study, place)
    for text in (experiment.tags[NOTE], parent(place).data.tags[NOTE]):
        rows = re.findall(r"^\| (\d) \| (\w+) \|", text, re.MULTILINE)
        assert rows == [("1", "ttur"), ("2", "baseline"), ("3", "dropout")]
        assert "**q**" in text
        assert "these runs can't tell" in text.lower()
    assert experiment.tags[NOTE].startswith("See [")  # what is seen of it while it is folded
    assert "- **ttur** can't tell: FID " in parent(place).data.tags[NOTE]


def test_the_execution_says_how_far_the_looks_are(study: Workspace, place: Place) -> None:
    write_looks_taken(study.root, ())
    send(study, place)
    tags = parent(place).data.tags
    assert (tags["looks_taken"], tags["next_look_seeds"]) == ("1", "3")
    files = {info.path for info in place.client.list_artifacts(parent(place).info.run_id)}
    assert "looks.json" in files


def test_links_lead_to_runs_that_are_there(study: Workspace, place: Place) -> None:
    experiment = send(study, place)
    runs = place.runs()
    best = [runs[name].info.run_id for name in ("ttur-seed1", "baseline-seed0", "dropout-seed0")]
    text = experiment.tags[NOTE]
    within = Links("", experiment.experiment_id)
    assert f"[the best run of each arm]: {within.comparison(best)}" in text
    assert f"[the report]: {within.run(parent(place).info.run_id, 'report.html')}" in text
    named = re.findall(r"\[([^\]]+)\][,.]", text.splitlines()[0])
    assert len(named) == 6
    assert named == re.findall(r"^\[([^\]]+)\]: #", text, re.MULTILINE)


def test_arms_have_colours_and_a_newcomer_finds_the_parent_open(study: Workspace, place: Place) -> None:
    send(study, place)
    colours: dict[str, set[str]] = {}
    for run in place.runs().values():
        if "arm" in run.data.params:
            colours.setdefault(run.data.params["arm"], set()).add(run.data.tags["mlflow.runColor"])
            assert run.data.tags["mlflow.runType"] == "evaluation"
            assert run.data.tags["mlflow.parentRunId"] == parent(place).info.run_id
    assert {arm: len(own) for arm, own in colours.items()} == dict.fromkeys(FIDS, 1)
    assert len(set.union(*colours.values())) == len(FIDS)


def test_again_changes_nothing_and_keeps_the_colour_that_somebody_chose(study: Workspace, place: Place) -> None:
    before = send(study, place)
    chosen = place.runs()["ttur-seed0"].info.run_id
    place.client.set_tag(chosen, "mlflow.runColor", "#123456")
    other = place.runs()["dropout-seed0"]
    place.client.set_tag(other.info.run_id, "mlflow.runColor", COLOURS[-1])  # of an execution of other arms
    place.client.delete_experiment_tag(before.experiment_id, NOTE)
    shown = refresh(study, place.uri)
    assert shown is not None
    assert (shown.warning, shown.tracked.execution) == ("", parent(place).info.run_id)
    assert place.client.get_experiment_by_name(place.experiment).tags == before.tags
    assert place.client.get_run(chosen).data.tags["mlflow.runColor"] == "#123456"
    assert place.client.get_run(other.info.run_id).data.tags == other.data.tags


def test_who_works_on_the_study_is_not_disturbed(study: Workspace, place: Place) -> None:
    experiment = send(study, place)
    place.client.delete_experiment_tag(experiment.experiment_id, NOTE)
    with exclusive(study.lock_file, "it"):
        shown = refresh(study, place.uri)
    assert shown is not None
    assert len(shown.tracked.best) == len(FIDS)
    assert NOTE not in place.client.get_experiment_by_name(place.experiment).tags


def test_nothing_is_made_where_nothing_is(study: Workspace, place: Place) -> None:
    assert refresh(study, place.uri) is None
    assert place.client.get_experiment_by_name(place.experiment) is None


def test_an_execution_is_found_by_its_own_id(study: Workspace, place: Place) -> None:
    send(study, place)
    assert parent(place).data.tags[ID_TAG]
