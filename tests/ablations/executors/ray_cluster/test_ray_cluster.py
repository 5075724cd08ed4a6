"""Trials on a cluster of several nodes: the same bits as here, whatever ends on the way; how GPUs are shared."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.setting import Elsewhere
from ablations.executors.inline import Inline
from ablations.executors.ray_cluster.connection import connect
from ablations.study.cluster import ClusterNeeds
from gan_core import journal
from gan_core.events import Finished, Saved, Started, Ticked
from gan_core.problems import UserError
from gan_core.workers.job import STOPPED, Job
from tests.ablations.executors.ray_cluster.small_ray import SmallRay, on_the_way, small_ray
from tests.ablations.tiny import job_of, story_of, tiny_trials

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
PRETENDING = "tests.ablations.executors.ray_cluster.pretending"


@pytest.fixture(scope="module")
def cluster() -> Iterator[SmallRay]:
    with small_ray({"num_cpus": 1}, {"num_cpus": 1}, {"num_cpus": 4, "num_gpus": 1}) as running:
        yield running


def never() -> bool:
    return False


def executor(
    cluster: SmallRay, folder: Path, files: Path | None = None, trainer: str | None = None, **needs: Any
) -> Any:
    """The executor on this cluster, of a study in `folder`."""
    connect(cluster.address)
    from ablations.executors.ray_cluster.ray_cluster import RayCluster

    setting = Elsewhere("tiny", folder, ClusterNeeds(**needs), None if files is None else str(files), cluster.address)
    return RayCluster(setting, None if trainer is None else f"{PRETENDING}:{trainer}")


def jobs_in(folder: Path, home: Path, **options: Any) -> list[Job]:
    folder.mkdir(parents=True, exist_ok=True)
    return [job_of(trial, home) for trial in tiny_trials(folder, **options)]


def pretended_jobs(folder: Path, count: int, **settings: Any) -> list[Job]:
    names = [f"trial{number}" for number in range(count)]
    for name in names:
        (folder / name).mkdir(parents=True)
    return [Job(name, settings, folder / name, folder) for name in names]


def bytes_of(directory: Path) -> dict[str, str]:
    """Digests of weights and pictures, by their paths."""
    found = sorted([*directory.rglob("*.safetensors"), *directory.rglob("*.png")])
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def assert_as_inline(jobs: list[Job], folder: Path, home: Path, **options: Any) -> None:
    """Journals but for times, weights and pictures are those of this process alone."""
    others = jobs_in(folder, home, **options)
    list(Inline("cpu", 1).run(iter(others), never))
    for job, other in zip(jobs, others, strict=True):
        assert story_of(job.directory) == story_of(other.directory)
        assert bytes_of(job.directory) == bytes_of(other.directory) != {}


def assert_nothing_is_left(cluster: SmallRay, exchange: Path) -> None:
    assert cluster.trainers() == []
    assert on_the_way(exchange) == []


def test_on_a_cluster_as_inline_to_the_last_bit(cluster: SmallRay, tmp_path: Path, home: Path) -> None:
    jobs = jobs_in(tmp_path / "ray", home, seeds=2)
    running = executor(cluster, tmp_path / "ray" / "tiny")
    reports = list(running.run(iter(jobs), never))
    for job in jobs:
        assert [report.event for report in reports if report.name == job.name] == journal.read(job.directory)
    assert_as_inline(jobs, tmp_path / "inline", home, seeds=2)
    assert_nothing_is_left(cluster, tmp_path / "ray" / "tiny" / "exchange")


def test_stopped_and_gone_on_with(cluster: SmallRay, tmp_path: Path, home: Path) -> None:
    options: dict[str, Any] = {"budget_kimg": 3, "progress_evaluations": 6}
    jobs = jobs_in(tmp_path / "ray", home, **options)
    running = executor(cluster, tmp_path / "ray" / "tiny")
    saved: list[str] = []
    left = {}

    def stop() -> bool:
        return bool(saved)

    for report in running.run(iter(jobs), stop):
        saved += [report.name] if isinstance(report.event, Saved) else []
        left |= {report.name: report.left} if report.has_left else {}
    assert left == {job.name: STOPPED for job in jobs}
    assert_nothing_is_left(cluster, tmp_path / "ray" / "tiny" / "exchange")
    list(running.run(iter(jobs), never))
    assert_as_inline(jobs, tmp_path / "inline", home, **options)


def test_closed_early_the_trials_save_and_are_gone(cluster: SmallRay, tmp_path: Path, home: Path) -> None:
    jobs = jobs_in(tmp_path / "ray", home, budget_kimg=30)
    reports = executor(cluster, tmp_path / "ray" / "tiny").run(iter(jobs), never)
    next(report for report in reports if isinstance(report.event, Ticked))
    reports.close()
    assert_nothing_is_left(cluster, tmp_path / "ray" / "tiny" / "exchange")
    assert any((job.directory / "checkpoint.pt").exists() for job in jobs)


def test_a_trial_is_halted_alone(cluster: SmallRay, tmp_path: Path, home: Path) -> None:
    jobs = jobs_in(tmp_path / "ray", home, budget_kimg=3)
    running = executor(cluster, tmp_path / "ray" / "tiny")
    ends: dict[str, str] = {}
    for report in running.run(iter(jobs), never):
        if isinstance(report.event, Started) and report.name == jobs[0].name:
            running.halt(report.name)
        if report.has_left or isinstance(report.event, Finished):
            ends[report.name] = report.left or report.event.status
    assert ends == {jobs[0].name: STOPPED, jobs[1].name: "finished"}


def test_a_worker_of_rays_that_is_killed(cluster: SmallRay, tmp_path: Path, home: Path) -> None:
    options: dict[str, Any] = {"budget_kimg": 3, "progress_evaluations": 6}
    jobs = jobs_in(tmp_path / "ray", home, **options)
    again: list[str] = []
    killed = False
    for report in executor(cluster, tmp_path / "ray" / "tiny").run(iter(jobs), never):
        if isinstance(report.event, Saved) and not killed:
            killed = True
            _, worker, *_ = cluster.trainers()[0].parents()  # its fork server, and who has that
            worker.kill()
        again += [report.left] if report.again else []
    where = f"node {socket.gethostname()}"
    assert again == [f"its process on {where} is gone (WorkerCrashedError); goes on from its last checkpoint (1 of 3)"]
    assert_as_inline(jobs, tmp_path / "inline", home, **options)
    assert_nothing_is_left(cluster, tmp_path / "ray" / "tiny" / "exchange")


def test_four_trials_share_a_gpu(cluster: SmallRay, tmp_path: Path) -> None:
    """The GPU is one in Ray's books alone: here is none."""
    jobs = pretended_jobs(tmp_path, 6)
    running = executor(cluster, tmp_path / "study", trainer="place_of", gpus=0.25)
    ends = [report.event for report in running.run(iter(jobs), never) if isinstance(report.event, Finished)]
    told = [end.reason.split() for end in ends]
    assert len(told) == 6
    assert {(gpus, device) for _, _, gpus, device in told} == {("0", "cuda")}
    spans = [(float(begun), float(ended)) for begun, ended, *_ in told]
    at_once = [sum(begun <= moment < ended for begun, ended in spans) for moment, _ in spans]
    assert max(at_once) == 4


def test_out_of_gpu_memory_is_tried_again_once_with_a_whole_one(cluster: SmallRay, tmp_path: Path) -> None:
    (job,) = pretended_jobs(tmp_path, 1, tried=str(tmp_path / "tried"))
    running = executor(cluster, tmp_path / "study", trainer="tried_twice", gpus=0.25)
    reports = list(running.run(iter([job]), never))
    assert [report.left for report in reports if report.again] == ["out of GPU memory; tried again with a whole GPU"]
    assert isinstance(end := reports[-1].event, Finished)
    assert end.status == "finished"


def test_no_more_trials_are_asked_for_than_fit(cluster: SmallRay, tmp_path: Path) -> None:
    handed_out, ended, most = 0, 0, 0

    def jobs() -> Iterator[Job]:
        nonlocal handed_out
        for job in pretended_jobs(tmp_path, 8):
            handed_out += 1
            yield job

    for report in executor(cluster, tmp_path / "study", trainer="at_once", workers=3).run(jobs(), never):
        most = max(most, handed_out - ended)
        ended += isinstance(report.event, Finished)
    assert (handed_out, ended) == (8, 8)
    assert most <= 3


def refused(make: Callable[[], object]) -> str:
    with pytest.raises(UserError) as error:
        make()
    return str(error.value)


def test_what_never_fits_is_said_before_anything_trains(cluster: SmallRay, tmp_path: Path) -> None:
    assert "has 16 CPU for a trial" in refused(lambda: executor(cluster, tmp_path, cpus=16))
    assert "of type H100" in refused(lambda: executor(cluster, tmp_path, gpus=1, accelerator="H100"))


def test_a_node_with_other_code_or_another_folder_is_said_before_anything_trains(
    cluster: SmallRay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor(cluster, tmp_path / "study")
    from ablations.executors.ray_cluster import readiness
    from ablations.executors.ray_cluster.capacity import alive

    host = socket.gethostname()
    exchange = Exchange(str(tmp_path / "mine"))
    readiness.check_nodes(alive(), exchange)
    assert [path for path in (tmp_path / "mine").rglob("*") if path.is_file()] == []
    exchange.uri = str(tmp_path / "theirs")  # as where each machine has a folder of its own by this name
    words = refused(lambda: readiness.check_nodes(alive(), exchange))
    assert f"node {host}: does not see {tmp_path}/theirs as this machine does" in words
    assert "--files FOLDER" in words
    assert not (tmp_path / "theirs").exists()
    monkeypatch.setattr(readiness, "code_digest", lambda: "0123")
    words = refused(lambda: executor(cluster, tmp_path / "study"))
    assert f"node {host}: its trainer's source is" in words
    assert words.endswith("allowed: gan-ablations installed on all nodes, in one version")


def test_a_node_that_has_gone_before_it_was_asked_is_no_hindrance(cluster: SmallRay, tmp_path: Path) -> None:
    executor(cluster, tmp_path / "study")
    from ablations.executors.ray_cluster import readiness
    from ablations.executors.ray_cluster.capacity import Node, alive

    gone = Node("0" * 56, "gone", {"CPU": 4.0})
    exchange = Exchange(str(tmp_path / "exchange"))
    readiness.check_nodes([*alive(), gone], exchange)
    assert refused(lambda: readiness.check_nodes([gone], exchange)) == "node gone of the Ray cluster is gone"
