"""A real S3 server: trials by way of it, and what it refuses in words."""

from pathlib import Path

import pytest

from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.scratch import landed
from ablations.executors.elsewhere.shipped import ShippedJob
from ablations.executors.inline import Inline
from gan_core import journal
from gan_core.workers.job import STOPPED, Job
from tests.ablations.executors.elsewhere.pretended import check_home, check_whole, train
from tests.ablations.executors.elsewhere.small_cluster import SmallCluster
from tests.ablations.ports import free_port
from tests.ablations.tiny import job_of, story_of, tiny_trials

pytestmark = pytest.mark.server


def test_a_pretended_trial_comes_home(bucket: str, tmp_path: Path) -> None:
    from ablations.executors.elsewhere.node import trained_here

    exchange = Exchange(f"{bucket}/study")
    exchange.check()
    job = Job("arm-seed0", {}, tmp_path / "arm-seed0", tmp_path)
    receiver = Receiver(exchange)
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    for event in trained_here(train, landed(begun), "cpu", 1):
        receiver.event(job.name, event)
        check_home(job.directory)
    check_whole(job.directory)
    assert exchange.files("") == ()


def test_a_trial_interrupted_by_way_of_s3_has_the_bits_of_one_trained_here(
    bucket: str, s3_environment: dict[str, str], tmp_path: Path, home: Path
) -> None:
    def job_in(name: str) -> Job:
        (tmp_path / name).mkdir()
        return job_of(tiny_trials(tmp_path / name)[0], home)

    job, reference = job_in("there"), job_in("here")
    list(Inline("cpu", 1).run(iter([reference]), lambda: False))
    for events in (20, 1000):
        cluster = SmallCluster(f"{bucket}/real")
        cluster.environment = s3_environment
        reports = list(cluster.run(iter([job]), lambda events=events: len(journal.read(job.directory)) >= events))
        assert (reports[-1].left == STOPPED) == (events == 20)
    assert story_of(job.directory) == story_of(reference.directory)
    for name in ("last.safetensors", "best.safetensors"):
        assert (job.directory / name).read_bytes() == (reference.directory / name).read_bytes()
    assert Exchange(f"{bucket}/real").files("") == ()


def test_a_large_file_arrives_whole(bucket: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 400_000  # 102 MB: in several parts
    (tmp_path / "checkpoint.pt").write_bytes(content)
    exchange = Exchange(f"{bucket}/large")
    exchange.put(tmp_path, "trials/a/1", ["checkpoint.pt"])
    exchange.get("trials/a/1", tmp_path / "back")
    assert (tmp_path / "back" / "checkpoint.pt").read_bytes() == content


def test_a_bucket_that_is_not_there_is_said(bucket: str) -> None:
    with pytest.raises(
        ExchangeError, match=r"s3://no-bucket/x: checked/.* can't be written: The specified bucket does not"
    ):
        Exchange("s3://no-bucket/x").check()


def test_a_server_that_does_not_answer_is_said(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
    with pytest.raises(ExchangeError, match="Could not connect to the endpoint URL"):
        Exchange("s3://a-bucket/x").check()
