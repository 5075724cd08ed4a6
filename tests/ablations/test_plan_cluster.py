"""What a plan says of a cluster: by hand, from made-up costs and from runs that are on record."""

import json
import math
from pathlib import Path

import pytest

from ablations.execution.estimate import ArmCost
from ablations.execution.places import resources_elsewhere
from ablations.plan import Plan, plan_of
from ablations.plan_cluster import cluster_plan
from ablations.study.cluster import ClusterNeeds
from ablations.workspace.opening import open_workspace
from gan_core import journal
from gan_core.events import Started
from gan_core.machine.resources import Resources
from tests.ablations.command import ablations
from tests.ablations.journals import story
from tests.ablations.tiny import tiny_study, tiny_trials, write_study

HALF_AN_HOUR = ArmCost("a", 100, 1500.0, 300.0, recorded_runs=1)
TWO_HOURS = ArmCost("b", 100, 7000.0, 200.0, recorded_runs=1)


def test_side_by_side_on_gpus() -> None:
    """Four trials share a GPU: a node hour is four hours of trials."""
    needs = ClusterNeeds(gpus=0.25, cpus=2, workers=3, time="01:30:00")
    places = resources_elsewhere("slurm", needs, 16)
    assert places == Resources(12, 2, ("cuda",))
    found = cluster_plan("slurm", needs, [HALF_AN_HOUR] * 8 + [TWO_HOURS] * 8, places, "")
    assert (found.nodes, found.side_by_side, found.at_once) == (3, 4, 12)
    assert (found.node_hours, found.gpu_hours, found.cpu_hours) == pytest.approx((5, 5, 40))
    assert (found.longest_s, found.jobs_a_trial) == (7200, 2)


def test_whole_gpus_and_more() -> None:
    needs = ClusterNeeds(gpus=2, workers=16)
    places = resources_elsewhere("slurm", needs, 3)
    found = cluster_plan("slurm", needs, [TWO_HOURS] * 3, places, "")
    assert (found.nodes, found.at_once, found.node_hours, found.gpu_hours) == (3, 3, 6, 12)
    assert found.jobs_a_trial is None  # no limit is given


def test_without_a_number_slurm_gets_sixteen_jobs_and_ray_all_trials() -> None:
    assert resources_elsewhere("slurm", ClusterNeeds(), 100).workers == 16
    assert resources_elsewhere("slurm", ClusterNeeds(gpus=0.5), 9).workers == 9  # the fifth job has a place over
    assert resources_elsewhere("ray", ClusterNeeds(), 100).workers == 100
    assert resources_elsewhere("ray", ClusterNeeds(workers=7), 100).workers == 7


def on_record(folder: Path, arm: str, device: str, kind: str = "") -> None:
    """A finished trial of this arm of the tiny study, trained somewhere else with one thread: 12 s for 1.2 kimg."""
    with open_workspace(tiny_study(folder, seeds=2, budget_kimg=1.2), folder):
        trial = next(t for t in tiny_trials(folder, seeds=2, budget_kimg=1.2) if t.arm.name == arm)
    trial.write_record()
    for event in story(trial, 7.0, ran_on=kind):
        told = event.model_copy(update={"device": device}) if isinstance(event, Started) else event
        journal.append(trial.directory, told)


def planned(folder: Path, needs: ClusterNeeds) -> Plan:
    study = tiny_study(folder, seeds=2, budget_kimg=1.2)
    return plan_of(study, folder, folder / "home", Resources(1, 1, ("cpu",)), False, ("slurm", needs))


@pytest.fixture
def no_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> dict[str, ArmCost]:
        pytest.fail("nothing is to be measured")

    monkeypatch.setattr("ablations.plan.arm_costs", refuse)


def test_a_trial_on_record_tells_for_all(tmp_path: Path, no_measuring: None) -> None:
    """Whatever machine it was; the other arm is taken to take as long a step."""
    on_record(tmp_path, "baseline", "cuda:0", "NVIDIA A100")
    plan = planned(tmp_path, ClusterNeeds(gpus=0.5, workers=1))
    assert {name: (cost.source, cost.total_s) for name, cost in plan.costs.items()} == {
        "baseline": ("recorded", 12.0),
        "ttur": ("other arms", 12.0),
    }
    assert plan.costs["baseline"].kinds == ("NVIDIA A100",)
    assert plan.cluster is not None
    assert plan.cluster.node_hours == pytest.approx(3 * 12 / 2 / 3600)  # three of the four trials are left
    assert plan.seconds == 24


def test_runs_on_a_cpu_tell_nothing_of_a_gpu(tmp_path: Path, no_measuring: None) -> None:
    on_record(tmp_path, "baseline", "cpu")
    plan = planned(tmp_path, ClusterNeeds(gpus=1))
    assert plan.cluster is not None
    assert math.isnan(plan.cluster.node_hours)
    assert plan.cluster.unknown == "this machine has no GPU"
    assert math.isnan(plan.seconds)


def test_what_a_person_sees(tmp_path: Path, no_measuring: None) -> None:
    on_record(tmp_path, "baseline", "cuda", "NVIDIA A100")
    path = write_study(tmp_path, seeds=2, budget_kimg=1.2)
    command = ("plan", path, "--runs", tmp_path, "--executor", "slurm", "--cluster", "gpus=0.5", "--workers", 1)
    told = ablations(*command, "--cluster", "time=1")
    assert told.code == 0
    text = " ".join(told.out.split())
    assert "times: recorded in 1 run of baseline on NVIDIA A100; a step of ttur taken to last as long" in text
    assert "SLURM: 1 job at a time, 2 trials side by side in each, 0.5 GPU and 1 CPU core a trial: about 24 s" in text
    assert "in all about 0.005 hours of nodes, 0.005 hours of GPUs, 0.01 hours of CPU cores" in text
    assert "the longest trial takes about 12 s, which fits into the time limit of a job, 1:00 min" in text
    unknown = ablations(*command[:-3], "gpus=1", "--json")
    cluster = json.loads(unknown.out)["content"]["cluster"]
    assert (cluster["executor"], cluster["nodes"]) == ("slurm", 3)


def test_where_nothing_is_left(tmp_path: Path) -> None:
    with open_workspace(tiny_study(tmp_path), tmp_path):
        trials = tiny_trials(tmp_path)
    for trial in trials:
        trial.write_record()
        for event in story(trial, 7.0):
            journal.append(trial.directory, event)
    path = write_study(tmp_path)
    text = ablations("plan", path, "--runs", tmp_path, "--executor", "slurm", "--cluster", "time=1").out
    assert "SLURM: nothing is left to train" in text
    assert "the longest trial" not in text


def test_where_nothing_is_known_it_says_how_to_know(tmp_path: Path, no_measuring: None) -> None:
    path = write_study(tmp_path)
    command = ("plan", path, "--runs", tmp_path, "--executor", "ray", "--cluster", "gpus=1")
    text = " ".join(ablations(*command).out.split())
    assert "node hours are not known: no finished runs like these are here, on 1 GPU with 1 thread, and" in text
    assert "this machine has no GPU. To know, train one trial:" in text
    assert "--executor ray ... --workers 1 --hours 1` stops after an hour" in text
    cluster = json.loads(ablations(*command, "--json").out)["content"]["cluster"]
    assert (cluster["node_hours"], cluster["unknown"]) == (None, "this machine has no GPU")
