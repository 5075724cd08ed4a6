"""Commands on a cluster whose node, parent or user ends them in the middle: nothing is lost, doubled or left behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gan_core import journal
from gan_core.events import Finished
from tests.ablations.executors.ray_cluster.small_ray import ROOT, SmallRay, on_the_way, small_ray
from tests.ablations.executors.ray_cluster.test_ray_cluster import bytes_of
from tests.ablations.tiny import story_of, write_study

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
NEVER_S = 120.0


@pytest.fixture
def cluster() -> Iterator[SmallRay]:
    with small_ray({"num_cpus": 1}, {"num_cpus": 1}, {"num_cpus": 1}) as running:
        yield running


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of these tests as processes of this machine train it."""
    folder = tmp_path_factory.mktemp("alone")
    done = subprocess.run(command(folder, "processes", "--threads", "1"), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def command(folder: Path, executor: str, *options: str) -> list[str]:
    study = write_study(folder, seeds=2, budget_kimg=4, progress_evaluations=4)
    run = [sys.executable, "-m", "ablations", "run", str(study), "--runs", str(folder / "runs"), "--no-report"]
    return [*run, "--offline", "--no-floors", "--executor", executor, *options]


def on_ray(folder: Path, cluster: SmallRay) -> list[str]:
    return command(folder, "ray", "--ray-address", cluster.address)


@contextmanager
def begun(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, once some of its trials train."""
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for(lambda: sum(len(journal.read(trial)) for trial in trials(folder)) > 30)
        yield parent
    finally:
        parent.kill()
        parent.communicate()


def trials(folder: Path) -> list[Path]:
    return sorted((folder / "runs" / "tiny" / "trials").glob("*"))


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + NEVER_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def assert_whole(folder: Path, alone: Path) -> None:
    """Every trial has one end, every event once, and the bits of a machine alone; nothing lies on the way."""
    assert [trial.name for trial in trials(folder)] == [trial.name for trial in trials(alone)]
    for trial, other in zip(trials(folder), trials(alone), strict=True):
        assert story_of(trial) == story_of(other)
        assert bytes_of(trial) == bytes_of(other) != {}
        lines = (trial / journal.NAME).read_text().splitlines()
        assert len(set(lines)) == len(lines)
        assert sum(json.loads(line).get("status") == "finished" for line in lines) == 1
    assert left_on_the_way(folder) == []


def left_on_the_way(folder: Path) -> list[Path]:
    return on_the_way(folder / "runs" / "tiny" / "exchange")


def test_a_few_trials_wait_for_nodes_that_are_made_for_them(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_NODE_TYPE_NAME", "headgroup")  # as an autoscaler names the nodes that it makes
    with small_ray() as cluster:
        parent = subprocess.Popen(on_ray(tmp_path, cluster), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        wait_for(lambda: len(trials(tmp_path)) == 4)
        cluster.add(num_cpus=2)
        output, _ = parent.communicate(timeout=NEVER_S)
    assert parent.returncode == 0, output
    assert_whole(tmp_path, alone)


def test_a_node_that_is_gone_in_the_middle(cluster: SmallRay, alone: Path, tmp_path: Path) -> None:
    with begun(on_ray(tmp_path, cluster), tmp_path) as parent:
        cluster.kill(0)
        output, _ = parent.communicate(timeout=NEVER_S)
    assert parent.returncode == 0, output
    assert "is gone; goes on from its last checkpoint (1 of 3)" in output
    assert "state-dump" not in output
    assert_whole(tmp_path, alone)


def test_a_parent_that_is_killed_and_comes_back(cluster: SmallRay, alone: Path, tmp_path: Path) -> None:
    with begun(on_ray(tmp_path, cluster), tmp_path) as parent:
        parent.kill()
    again = subprocess.run(on_ray(tmp_path, cluster), cwd=ROOT, capture_output=True, text=True, timeout=2 * NEVER_S)
    assert again.returncode == 0, again.stderr
    assert_whole(tmp_path, alone)
    wait_for(lambda: cluster.trainers() == [])


def test_ctrl_c(cluster: SmallRay, alone: Path, tmp_path: Path) -> None:
    with begun(on_ray(tmp_path, cluster), tmp_path) as parent:
        assert cluster.trainers() != []
        assert len(cluster.workers()) > 1
        parent.send_signal(signal.SIGINT)
        output, _ = parent.communicate(timeout=NEVER_S)
    assert parent.returncode == 1
    assert "the same command goes on" in output
    assert cluster.trainers() == []
    assert left_on_the_way(tmp_path) == []
    wait_for(lambda: cluster.workers() == [])
    unfinished = [trial for trial in trials(tmp_path) if not isinstance(journal.read(trial)[-1:], Finished)]
    assert any((trial / "checkpoint.pt").exists() for trial in unfinished)
    again = subprocess.run(on_ray(tmp_path, cluster), cwd=ROOT, capture_output=True, text=True, timeout=2 * NEVER_S)
    assert again.returncode == 0, again.stderr
    assert_whole(tmp_path, alone)


def test_a_shut_down_is_heeded_as_ctrl_c(cluster: SmallRay, tmp_path: Path) -> None:
    """Ray has a handler of its own for SIGTERM, which would end the command at once."""
    with begun(on_ray(tmp_path, cluster), tmp_path) as parent:
        parent.send_signal(signal.SIGTERM)
        output, _ = parent.communicate(timeout=NEVER_S)
    assert parent.returncode == 1
    assert "the same command goes on" in output
    assert cluster.trainers() == []
