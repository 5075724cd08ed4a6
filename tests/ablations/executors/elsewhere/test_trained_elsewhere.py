"""Trials trained elsewhere: the same bits as here, however they are torn, and everything at home afterwards."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from ablations.executors.executor import Executor
from ablations.executors.inline import Inline
from gan_core import journal
from gan_core.events import Finished
from gan_core.workers.job import Job, Report
from tests.ablations.executors.elsewhere.small_cluster import SmallCluster
from tests.ablations.tiny import job_of, story_of, tiny_trials


def jobs_in(folder: Path, home: Path) -> list[Job]:
    folder.mkdir(exist_ok=True)
    return [job_of(trial, home) for trial in tiny_trials(folder)]


def run(executor: Executor, jobs: Sequence[Job]) -> list[Report]:
    return list(executor.run(iter(jobs), lambda: False))


def digests(directory: Path) -> dict[str, str]:
    """The files that two runs of one trial share to the last bit."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.suffix in (".safetensors", ".png", ".gif"):
            found[str(path.relative_to(directory))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, home: Path) -> list[Job]:
    """The trials as they are trained here."""
    jobs = jobs_in(tmp_path_factory.mktemp("here"), home)[:1]
    run(Inline("cpu", 1), jobs)
    return jobs


def assert_same(job: Job, other: Job) -> None:
    assert story_of(job.directory) == story_of(other.directory)
    assert len(digests(job.directory)) > 5
    weights = {name: digest for name, digest in digests(job.directory).items() if name.endswith(".safetensors")}
    assert weights == {name: d for name, d in digests(other.directory).items() if name.endswith(".safetensors")}
    assert digests(job.directory).keys() == digests(other.directory).keys()


def files_of(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_elsewhere_as_here_to_the_last_bit(reference: list[Job], tmp_path: Path, home: Path) -> None:
    (job,) = jobs_in(tmp_path / "there", home)[:1]
    cluster = SmallCluster(str(tmp_path / "exchange"))
    reports = run(cluster, [job])
    assert [report.event for report in reports] == journal.read(job.directory)
    assert isinstance(reports[-1].event, Finished)
    assert_same(job, reference[0])
    assert files_of(job.directory) == files_of(reference[0].directory)
    assert list((tmp_path / "exchange").rglob("*")) == []
    assert not cluster.here[job.name].directory.exists()
