"""A worker's side of the mailbox, with a pool that only pretends."""

import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.shipped import ShippedJob, job_to_json
from ablations.executors.slurm import shift as module
from ablations.executors.slurm.mailbox import INBOX, OUTBOX, Incoming, Outgoing
from ablations.executors.slurm.messages import Bye, FromWorker, Halt, Hello, Leave, Left, Told, Train, from_worker
from ablations.executors.slurm.post import Post
from ablations.executors.slurm.shift import Shift
from ablations.executors.slurm.worker import Worker
from gan_core.events import Finished
from gan_core.workers.job import STOPPED, Job, Report
from tests.ablations.journals import make_arm, make_trial, story

NAMES = ("one", "two")


class PretendedPool:
    """Tells the story of one trial after another; of one named 'endless', 'crashes' or 'killed' never the end."""

    def __init__(self, *given: Any) -> None:
        self.halted: set[str] = set()

    def halt(self, name: str) -> None:
        self.halted.add(name)

    def run(self, jobs: Iterator[Job], stop: Callable[[], bool]) -> Iterator[Report]:
        while not stop() and (job := next(jobs, None)) is not None:
            told = [*story(make_trial(job.directory.parent / "pretended", make_arm("baseline"), 0), 10.0)]
            for event in told if job.name not in ("endless", "crashes", "killed") else told[:3]:
                yield Report(job.name, event)
            if job.name in ("crashes", "killed"):
                yield Report(job.name, left="its process is gone", killed=job.name == "killed")
            if job.name == "endless":
                while not stop() and job.name not in self.halted:
                    pass
                yield Report(job.name, left=STOPPED)


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "Pool", PretendedPool)
    monkeypatch.setattr(module, "BUSY_LOOK_S", 0.01)
    monkeypatch.setattr(module, "IDLE_LOOK_S", 0.01)
    (tmp_path / "box").mkdir()  # by the parent
    return Post(tmp_path / "box", str(tmp_path / "exchange"), idle_s=30)


class Lived:
    """A worker that lives in a thread, and what it says."""

    def __init__(self, post: Post, life: str = "now") -> None:
        self.post, self.shift = post, Shift(post, life, "node1")
        self.thread = threading.Thread(target=self.shift.work)
        self.thread.start()

    def ended(self) -> list[FromWorker]:
        self.thread.join(20)
        assert not self.thread.is_alive()
        return said(self.post)


def sent(tmp_path: Path, name: str) -> ShippedJob:
    shipped = Receiver(Exchange(str(tmp_path / "exchange"))).begin(Job(name, {}, tmp_path / "runs" / name, tmp_path))
    assert isinstance(shipped, ShippedJob)
    return shipped


def train(job: ShippedJob, life: str = "now") -> Train:
    return Train(life=life, name=job.name, attempt=job.attempt, job=job_to_json(job))


def write(post: Post, *messages: Any) -> None:
    Outgoing(post.folder / INBOX).add(messages)


def test_it_trains_what_it_is_sent_until_it_is_asked_to_leave(post: Post, tmp_path: Path) -> None:
    jobs = [sent(tmp_path, name) for name in NAMES]
    write(post, train(sent(tmp_path, "former"), life="before"), Leave(life="before"), *map(train, jobs))
    lived = Lived(post)
    while sum(isinstance(one, Told) and '"finished"' in one.event for one in said(post)) < 2:
        pass
    write(post, Leave(life="now"))
    hello, *told, bye = lived.ended()
    assert hello == Hello(life="now", node="node1", places=1)
    assert bye == Bye(life="now", why="it was asked to")
    assert [
        (one.name, one.attempt)
        for one in told
        if isinstance(one, Told) and f'"{Finished.__name__.lower()}"' in one.event
    ] == [(job.name, job.attempt) for job in jobs]


def said(post: Post) -> list[FromWorker]:
    return from_worker(Incoming(post.folder / OUTBOX).lines())


def test_a_trial_that_is_halted_leaves_and_the_next_one_begins(post: Post, tmp_path: Path) -> None:
    endless, next_one = sent(tmp_path, "endless"), sent(tmp_path, "next")
    write(post, train(endless), train(next_one), Halt(life="now", name="endless"))
    lived = Lived(post)
    while not any(isinstance(one, Told) and one.name == "next" for one in said(post)):
        write(post, Halt(life="now", name="endless"))
    lived.shift.end("enough")
    left = [one for one in lived.ended() if isinstance(one, Left)]
    assert left[0] == Left(name="endless", attempt=endless.attempt, why=STOPPED)


def test_a_crash_is_told_from_what_somebody_else_has_ended(post: Post, tmp_path: Path) -> None:
    write(post, *(train(sent(tmp_path, name)) for name in ("crashes", "killed")))
    lived = Lived(post)
    while sum(isinstance(one, Left) for one in said(post)) < 2:
        pass
    lived.shift.end("enough")
    left = {one.name: one.crashed for one in lived.ended() if isinstance(one, Left)}
    assert left == {"crashes": True, "killed": False}


def test_at_the_end_of_its_time_it_says_why_also_of_trials_that_it_has_not_begun(post: Post, tmp_path: Path) -> None:
    jobs = [sent(tmp_path, name) for name in ("endless", "waits")]
    write(post, *map(train, jobs))
    lived = Lived(post)
    while not any(isinstance(one, Told) for one in said(post)):
        pass
    lived.shift.end("time is over", returns=True)
    *_, first, second, bye = lived.ended()
    assert [first, second] == [
        Left(name=job.name, attempt=job.attempt, why="time is over", begun=job is jobs[0]) for job in jobs
    ]
    assert bye == Bye(life="now", why="time is over", returns=True)


def test_a_node_that_files_cannot_travel_from_trains_nothing(post: Post, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExchangeError, match="a part of its path is a file"):
        Shift(replace(post, exchange=str(tmp_path / "file")), "now", "node1").work()
    assert said(post) == []


def test_nobody_sends_anything(post: Post) -> None:
    lived = Lived(replace(post, idle_s=0.1))
    assert lived.ended()[-1] == Bye(life="now", why="nobody has sent a trial")


def test_the_program_ends_on_sigterm_and_tells_what_has_ended_it(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = signal.getsignal(signal.SIGTERM)
    try:
        threading.Timer(0.3, signal.raise_signal, (signal.SIGTERM,)).start()
        Worker(post)()
    finally:
        signal.signal(signal.SIGTERM, former)
    assert said(post)[-1].model_dump()["why"] == "SLURM ends its job"
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    for folder in (nowhere, tmp_path / "not here"):
        with pytest.raises(OSError, match=folder.name):
            Worker(Post(folder, str(tmp_path / "exchange")))()


def test_checkpoint_saves_and_returns_what_is_to_run_again(post: Post) -> None:
    worker = Worker(post)
    again: list[Any] = []

    def checkpoint() -> None:
        again.append(worker.checkpoint())

    timer = threading.Timer(0.3, checkpoint)
    timer.start()
    former = signal.getsignal(signal.SIGTERM)
    try:
        worker()
    finally:
        signal.signal(signal.SIGTERM, former)
    timer.join()
    assert said(post)[-1].model_dump(include={"why", "returns"}) == {
        "why": "the time of its SLURM job is over",
        "returns": True,
    }
    (delayed,) = again
    assert delayed.function.post == post


def test_one_whose_mailbox_is_removed_ends_and_makes_no_other(post: Post, tmp_path: Path) -> None:
    """As where its study is deleted, or its parent has taken it for gone."""
    job = sent(tmp_path, "endless")
    lived = Lived(post)
    Outgoing(post.folder / INBOX).add([Train(life="now", name=job.name, attempt=job.attempt, job=job_to_json(job))])
    until = time.monotonic() + 10
    while not any(isinstance(one, Told) for one in said(post)) and time.monotonic() < until:
        time.sleep(0.01)
    shutil.rmtree(post.folder)
    lived.ended()
    assert not post.folder.exists()
