"""The node's side: killed at any moment, cut off, called home, or without its exchange."""

import errno
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch

from ablations.executors.elsewhere import patiently
from ablations.executors.elsewhere.exchange import Exchange, ExchangeError
from ablations.executors.elsewhere.merging import story, told_in
from ablations.executors.elsewhere.node import trained_here
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.retries import Retries, is_out_of_memory
from ablations.executors.elsewhere.scratch import is_exchange_trouble, landed, settled
from ablations.executors.elsewhere.shared_folder import SharedFolder
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core import journal
from gan_core.events import AnyEvent, Finished, Sampled, Saved, has_result
from gan_core.workers.job import STOPPED, Job, Report
from gan_core.workers.unattended import unattended
from tests.ablations.executors.elsewhere.cuts import Cuts, Killed
from tests.ablations.executors.elsewhere.pretended import (
    ALL,
    check_checkpoint,
    check_home,
    check_whole,
    content_of,
    train,
)


class Parent:
    """A parent that lives; `begin` sends the trial off and lets it land on a new node."""

    def __init__(self, folder: Path) -> None:
        directory = folder / "study" / "trials" / "arm-seed0"
        directory.mkdir(parents=True)
        self.job = Job("arm-seed0", {}, directory, folder)
        self.exchange = folder / "exchange"
        self.receiver = Receiver(Exchange(str(self.exchange)))

    def begin(self) -> ShippedJob:
        begun = self.receiver.begin(self.job)
        assert isinstance(begun, ShippedJob)
        return landed(begun)

    def hear(self, event: AnyEvent) -> Report | None:
        report = self.receiver.event(self.job.name, event)
        check_home(self.job.directory)
        self.check_exchange()
        return report

    def check_exchange(self) -> None:
        """The checkpoint in the exchange knows of no event that the journal beside it lacks."""
        for checkpoint in self.exchange.rglob("checkpoint.pt"):
            check_checkpoint(checkpoint.parent)

    def check_end(self) -> None:
        check_whole(self.job.directory)
        assert [path for path in self.exchange.rglob("*") if path.is_file()] == []
        assert not (self.job.directory / "elsewhere.json").exists()


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    return Parent(tmp_path)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patiently, "PAUSES_S", (0.001, 0.001))


def events_of(job: ShippedJob, stop: Callable[[], bool] = lambda: False) -> Iterator[AnyEvent]:
    return trained_here(train, job, "cpu", 1, stop)


def on_another_node(parent: Parent, here: ShippedJob) -> None:
    """The node is gone with its disk."""
    assert parent.receiver.left(parent.job.name) is None or has_result(journal.read(parent.job.directory))
    if not has_result(journal.read(parent.job.directory)):
        for event in events_of(parent.begin()):
            parent.hear(event)


def in_the_same_folder(parent: Parent, here: ShippedJob) -> None:
    """Its pool takes the trial up again, as after a process that was killed. No event is held back."""
    for event in events_of(here):
        assert parent.hear(event) == Report(here.name, event)


def given_up_by_its_pool(parent: Parent, here: ShippedJob) -> None:
    """Its pool tells that it has left; what it has on its disk is sent first."""
    report = settled(here, Report(here.name, left="killed"))
    assert report.left == "killed"
    assert not here.directory.exists()
    told = story(told_in(content_of(parent.job.directory)))
    on_another_node(parent, here)
    assert len(told) <= len(journal.read(parent.job.directory))


FATES = [on_another_node, in_the_same_folder, given_up_by_its_pool]
Fate = Callable[[Parent, ShippedJob], None]


def killed_at(at: int, torn: bool, fate: Fate, folder: Path) -> bool:
    """Let the node's process be killed at its write number `at`; returns whether it came to that."""
    parent = Parent(folder)
    here = parent.begin()
    with pytest.MonkeyPatch.context() as patch:
        cuts = Cuts(patch, at, torn)
        with suppress(Killed):
            events = events_of(here)
            while True:
                with cuts.alive():
                    event = next(events, None)
                if event is None:
                    break
                parent.hear(event)
        parent.check_exchange()
        if not has_result(journal.read(parent.job.directory)):
            fate(parent, here)
    parent.check_end()
    return cuts.was_killed


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("fate", FATES)
def test_a_node_killed_between_any_two_writes(fate: Fate, torn: bool, tmp_path: Path) -> None:
    kills = next(at for at in count() if not killed_at(at, torn, fate, tmp_path / str(at)))
    assert kills > 3 * ALL


@pytest.mark.parametrize("at", [2, 11, 39, 63, 92])
def test_a_node_killed_between_two_writes(at: int, tmp_path: Path) -> None:
    for fate in FATES:
        killed_at(at, at % 2 == 1, fate, tmp_path / fate.__name__)


def test_stopped_it_sends_a_checkpoint_of_that_moment(parent: Parent) -> None:
    here = parent.begin()
    for event in events_of(here, lambda: len(journal.read(parent.job.directory)) == 4):
        parent.hear(event)
    assert settled(here, Report(here.name, left=STOPPED)).left == STOPPED
    assert parent.receiver.left(here.name) is None
    assert (parent.job.directory / "checkpoint.pt").read_text() == "4"
    on_another = list(events_of(parent.begin()))
    assert [event.seq for event in on_another] == list(range(4, ALL))


def test_closed_it_sends_a_checkpoint_of_that_moment(parent: Parent) -> None:
    here = parent.begin()
    events = trained_here(train, here, "cpu", 1, lambda: False)
    for event in events:
        parent.hear(event)
        if event.seq == 5:
            break
    events.close()
    settled(here, Report(here.name, left=STOPPED))
    parent.receiver.left(here.name)
    assert (parent.job.directory / "checkpoint.pt").read_text() == "6"
    assert not here.directory.exists()


def test_called_home_it_stops_and_spoils_nothing(parent: Parent) -> None:
    cut_off = parent.begin()
    events = events_of(cut_off)
    for event in events:
        parent.hear(event)
        if isinstance(event, Saved):
            break
    parent.receiver.left(cut_off.name)
    second = parent.begin()
    heard = list(events_of(second))
    late = list(events)
    assert not any(isinstance(event, Saved | Sampled | Finished) for event in late)
    for event in late:
        assert parent.receiver.event(cut_off.name, event, cut_off.attempt) is None
    for event in heard:
        parent.hear(event)
    check_whole(parent.job.directory)
    assert settled(cut_off, Report(cut_off.name, left=STOPPED)).left == STOPPED
    assert not cut_off.directory.exists()


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no space is left"), (errno.EROFS, "it is mounted for reading only"), (errno.EIO, "the disk does")],
)
def test_a_result_that_cannot_be_sent_is_a_failure_in_words_and_is_kept(
    parent: Parent, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    here = parent.begin()

    def refused(self: SharedFolder, source: Path, path: str) -> None:
        if path.endswith("last.safetensors"):
            raise OSError(number, "said by the system")
        really_put(self, source, path)

    really_put = SharedFolder.put
    with monkeypatch.context() as patched:
        patched.setattr(SharedFolder, "put", refused)
        *before, end = events_of(here)
        assert [event.seq for event in before] == list(range(ALL - 1))
        assert isinstance(end, Finished)
        assert end.status == "failed"
        assert is_exchange_trouble(end)
        assert words in end.reason
        assert str(parent.exchange) in end.reason
        assert str(here.directory) in end.reason
        report = settled(here, Report(here.name, end))
        assert report.event == end
    assert (here.directory / "last.safetensors").exists()
    for event in before:
        parent.hear(event)
    parent.hear(end)
    assert not has_result(journal.read(parent.job.directory))
    for event in events_of(parent.begin()):
        parent.hear(event)
    parent.check_end()


def test_a_result_that_its_killed_process_had_no_time_to_send_is_sent_by_its_pool(parent: Parent) -> None:
    here = parent.begin()
    events = events_of(here)
    for event in events:
        if isinstance(event, Finished):
            break
        parent.hear(event)
    (here.directory / ".delivered").unlink()  # as if it had been killed before it sent what it wrote
    for path in parent.exchange.rglob("last.safetensors"):
        path.unlink()
    report = settled(here, Report(here.name, event))
    assert report.event is event
    parent.hear(event)
    parent.check_end()


def test_a_result_whose_files_are_not_there_is_not_entered(parent: Parent) -> None:
    here = parent.begin()
    for event in events_of(here):
        if not isinstance(event, Finished):
            parent.hear(event)
    for path in parent.exchange.rglob("events.jsonl"):
        path.unlink()
    with pytest.raises(Exception, match="its files are not there"):
        parent.hear(event)
    assert not has_result(journal.read(parent.job.directory))


def test_a_node_with_other_code_says_so_and_the_past_stays(parent: Parent) -> None:
    for event in events_of(parent.begin()):
        parent.hear(event)
        if isinstance(event, Saved):
            break
    parent.receiver.left(parent.job.name)
    shipped = parent.begin()
    past = journal.read(parent.job.directory)
    (end,) = events_of(replace(shipped, code="other"))
    assert isinstance(end, Finished)
    assert end.reason.endswith("allowed: the same gan_core on all machines")
    report = parent.hear(end)
    assert report is not None
    assert journal.read(parent.job.directory) == [*past, report.event]


def test_a_node_that_sees_another_folder_says_so(parent: Parent, tmp_path: Path) -> None:
    here = replace(parent.begin(), exchange=str(tmp_path / "not mounted"))
    (end,) = events_of(here)
    assert isinstance(end, Finished)
    assert is_exchange_trouble(end)
    assert "is not in it, as this node sees it" in end.reason
    assert not (tmp_path / "not mounted").exists()
    settled(here, Report(here.name, end))
    assert not here.directory.exists()


def test_a_place_that_is_gone_is_said_with_the_way_on(parent: Parent) -> None:
    events = events_of(parent.begin())
    for event in events:
        parent.hear(event)
        if isinstance(event, Saved):
            break
    parent.exchange.rename(parent.exchange.with_name("not mounted"))
    with pytest.raises(ExchangeError, match="is not there, where the trial was trained") as caught:
        Receiver(Exchange(str(parent.exchange))).begin(parent.job)
    assert f"remove {parent.job.directory / 'elsewhere.json'}" in str(caught.value)
    (parent.job.directory / "elsewhere.json").unlink()
    for event in events_of(parent.begin()):
        parent.hear(event)
    check_whole(parent.job.directory)


def test_out_of_gpu_memory_is_no_end_and_is_tried_again_with_a_whole_gpu(parent: Parent) -> None:
    def out_of_memory(
        job: Job, device: str, threads: int, stop: Callable[[], bool] = lambda: False
    ) -> Generator[AnyEvent, None, None]:
        def run() -> Generator[AnyEvent, None, None]:
            for event in train(job, device, threads, stop):
                if event.seq >= 8:
                    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has ...")
                yield event

        return unattended(run(), job.directory, device)

    retries = Retries()
    here = parent.begin()
    *before, end = trained_here(out_of_memory, here, "cpu", 1)
    for event in before:
        parent.hear(event)
    assert isinstance(end, Finished)
    assert is_out_of_memory(end)
    again = retries.failed(here.name, end, gpus=0.25)
    assert again is not None
    assert again.whole_gpu
    assert parent.receiver.left(here.name) == end
    assert not isinstance(journal.read(parent.job.directory)[-1], Finished)
    assert "OutOfMemoryError" in (parent.job.directory / "error.txt").read_text()

    here = parent.begin()
    *_, end = trained_here(out_of_memory, here, "cpu", 1)
    assert isinstance(end, Finished)
    assert retries.failed(here.name, end, gpus=0.25) is None
    parent.hear(end)
    assert journal.read(parent.job.directory)[-1] == end
    for event in events_of(parent.begin()):
        parent.hear(event)
    parent.check_end()


def test_after_its_end_a_node_touches_nothing(parent: Parent) -> None:
    here = parent.begin()
    events = events_of(here)
    for event in events:
        parent.hear(event)
        if isinstance(event, Finished):
            break
    assert settled(here, Report(here.name, event)).event is event
    assert list(events) == []
    assert not here.directory.exists()
    parent.check_end()


def test_what_could_not_be_sent_at_a_stop_is_said_by_its_pool(parent: Parent, monkeypatch: pytest.MonkeyPatch) -> None:
    here = parent.begin()
    events = trained_here(train, here, "cpu", 1)
    for event in events:
        parent.hear(event)
        if event.seq == 5:
            break
    with monkeypatch.context() as patched:
        patched.setattr(SharedFolder, "put", _full)
        events.close()
        report = settled(here, Report(here.name, left=STOPPED))
    assert isinstance(report.event, Finished)
    assert is_exchange_trouble(report.event)
    assert (here.directory / "checkpoint.pt").read_text() == "6"
    assert settled(here, Report(here.name, left=STOPPED)).left == STOPPED  # now there is room
    parent.receiver.left(here.name)
    assert (parent.job.directory / "checkpoint.pt").read_text() == "6"


def _full(self: SharedFolder, source: Path, path: str) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
