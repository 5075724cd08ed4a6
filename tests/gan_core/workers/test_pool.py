"""Which device a pool gives to a job."""

from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path

from gan_core.events import AnyEvent
from gan_core.workers.job import Job
from gan_core.workers.pool import Pool

DEVICES = ("cuda:0", "cuda:1", "cuda:2")


def note_device(job: Job, device: str, threads: int, stop: Callable[[], bool]) -> Generator[AnyEvent, None, None]:
    """A trainer that notes its device, and is there until all of `job.settings["all"]` jobs have noted theirs."""
    folder = job.directory.parent
    (folder / f"{job.name}.device").write_text(device)
    while len(list(folder.glob("*.device"))) < job.settings["all"] and not stop():
        pass
    yield from ()


def test_several_jobs_a_device_are_dealt_in_turn(tmp_path: Path) -> None:
    pool = Pool(f"{__name__}:note_device", 7, DEVICES, 1)
    jobs = [Job(f"job{i}", {"all": 7}, tmp_path / f"job{i}", tmp_path) for i in range(7)]
    list(pool.run(iter(jobs), lambda: False))
    dealt = [(tmp_path / f"{job.name}.device").read_text() for job in jobs]
    assert Counter(dealt) == {"cuda:0": 3, "cuda:1": 2, "cuda:2": 2}
    assert dealt == [DEVICES[i % 3] for i in range(7)]
