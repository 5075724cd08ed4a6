"""One trial's events: what is told and kept when something breaks."""

import errno
from pathlib import Path

import pytest
import torch

from ablations.executors import worker
from ablations.executors.worker import events_of
from gan_core import journal
from gan_core.events import Event, Finished
from gan_core.training import checkpoint
from gan_core.workers.job import Job
from tests.ablations.tiny import job_of, story_of, tiny_trials

FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def job(tmp_path: Path, home: Path) -> Job:
    return job_of(tiny_trials(tmp_path)[0], home)


def test_on_a_full_disk_the_failure_is_told_and_the_journal_is_whole(
    job: Job, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Event] = []

    def append(directory: Path, event: Event) -> None:
        if len(written) == 10:
            raise FULL
        written.append(event)
        really_append(directory, event)

    really_append = journal.append
    with monkeypatch.context() as patched:
        patched.setattr(journal, "append", append)
        events = list(events_of(job, "cpu", 1))
    assert events[:-1] == written == journal.read(job.directory)
    assert isinstance(events[-1], Finished)
    assert (events[-1].status, events[-1].reason) == ("failed", "OSError: [Errno 28] No space left on device")

    list(events_of(job, "cpu", 1))
    (tmp_path / "straight").mkdir()
    straight = job_of(tiny_trials(tmp_path / "straight")[0], home)
    list(events_of(straight, "cpu", 1))
    assert story_of(job.directory) == story_of(straight.directory)


def test_a_checkpoint_that_cannot_be_saved_when_closing_is_an_error(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(*_: object) -> None:
        raise FULL

    events = events_of(job, "cpu", 1)
    next(events)
    monkeypatch.setattr(checkpoint, "save", save)
    with pytest.raises(OSError, match="No space left"):
        events.close()
    assert len(journal.read(job.directory)) == 1


def test_the_gpu_that_is_asked_about_is_the_trials_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wiring alone: what torch answers on a real GPU is torch's business."""
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: {"cuda:0": 1, "cuda:1": 2_000_000}[device])
    assert worker._gpu_memory("cuda:1")() == 2e6
    assert worker._gpu_memory("cpu")() is None
