"""The parent's side: whatever is killed, and whenever, nothing is lost, doubled, or there without its files."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.node import trained_here
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.scratch import landed
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core import journal
from gan_core.events import AnyEvent, Saved, has_result
from gan_core.workers.job import Job, Report
from tests.ablations.executors.elsewhere.cuts import Cuts, Killed
from tests.ablations.executors.elsewhere.pretended import ALL, check_home, check_whole, event_at, train

Fate = Callable[[Job, Path, ShippedJob | None, list[AnyEvent], Iterator[AnyEvent]], None]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return job_in(tmp_path)


def job_in(folder: Path) -> Job:
    directory = folder / "study" / "trials" / "arm-seed0"
    directory.mkdir(parents=True)
    return Job("arm-seed0", {}, directory, folder)


def node(job: ShippedJob) -> Iterator[AnyEvent]:
    """The events of a job on a node that nothing happens to."""
    return trained_here(train, landed(job), "cpu", 1, lambda: False)


def until_the_end(exchange: Path, job: Job) -> None:
    """A parent that lives, and a node of its own."""
    receiver = Receiver(Exchange(str(exchange)))
    begun = receiver.begin(job)
    if isinstance(begun, ShippedJob):
        for event in node(begun):
            receiver.event(job.name, event)
    check_whole(job.directory)
    assert not (job.directory / "elsewhere.json").exists()
    assert [path for path in exchange.rglob("*") if path.is_file()] == []


def test_every_event_comes_home_once_and_its_files_with_it(job: Job, tmp_path: Path) -> None:
    receiver = Receiver(Exchange(str(tmp_path / "exchange")))
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    for number, event in enumerate(node(begun), 1):
        assert receiver.event(job.name, event) == Report(job.name, event)
        assert receiver.event(job.name, event) is None
        assert len(journal.read(job.directory)) == number
        check_home(job.directory)
    check_whole(job.directory)
    assert list((tmp_path / "exchange").rglob("*")) == []


def test_what_was_not_heard_is_entered_before_what_follows_it(job: Job, tmp_path: Path) -> None:
    receiver = Receiver(Exchange(str(tmp_path / "exchange")))
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    for event in node(begun):
        if isinstance(event, Saved) and event.seq == 6:
            unheard = event
            continue
        assert receiver.event(job.name, event) == Report(job.name, event)
        assert receiver.caught_up(job.name) == ([Report(job.name, unheard)] if event.seq == 7 else [])
        check_home(job.directory)
    check_whole(job.directory)


def test_an_event_whose_past_is_nowhere_yet_is_held_back(job: Job, tmp_path: Path) -> None:
    receiver = Receiver(Exchange(str(tmp_path / "exchange")))
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    reported = []
    for event in node(begun):
        if event.seq == 2:  # nothing is sent with it
            continue
        report = receiver.event(job.name, event)
        reported += [*(one.event for one in receiver.caught_up(job.name)), *([report.event] if report else [])]
        check_home(job.directory)
    assert [event.seq for event in reported if event] == list(range(ALL))
    check_whole(job.directory)


def test_what_comes_home_unheard_is_reported(job: Job, tmp_path: Path) -> None:
    receiver = Receiver(Exchange(str(tmp_path / "exchange")))
    begun = receiver.begin(job)
    assert isinstance(begun, ShippedJob)
    for event in node(begun):
        if event.seq < 4:
            receiver.event(job.name, event)
    end = receiver.left(job.name)
    assert end == event
    assert [report.event.seq for report in receiver.caught_up(job.name) if report.event] == list(range(4, ALL - 1))
    assert receiver.caught_up(job.name) == []
    assert receiver.event(job.name, end) is None
    assert receiver.begin(job) == end


def test_an_attempt_that_is_not_the_last_one_is_not_taken_up(job: Job, tmp_path: Path) -> None:
    exchange = Exchange(str(tmp_path / "exchange"))
    first, second = Receiver(exchange), Receiver(exchange)
    former = first.begin(job)
    assert isinstance(former, ShippedJob)
    running = second.begin(job)
    assert isinstance(running, ShippedJob)
    third = Receiver(exchange)
    assert third.take_up(job, former.attempt) is None
    assert third.attempt_of(job.name) is None
    taken = third.take_up(job, running.attempt)
    assert taken is not None
    assert third.attempt_of(job.name) == running.attempt
    assert third.event(job.name, event_at(0), former.attempt) is None
    assert third.event(job.name, event_at(0), running.attempt) is not None


def node_dies(
    job: Job, exchange: Path, begun: ShippedJob | None, told: list[AnyEvent], rest: Iterator[AnyEvent]
) -> None:
    """The node went with its parent, which begins again."""


def node_goes_on(
    job: Job, exchange: Path, begun: ShippedJob | None, told: list[AnyEvent], rest: Iterator[AnyEvent]
) -> None:
    """Nobody hears what the node tells, but its files come into the exchange; the parent begins again."""
    told += rest


def node_is_taken_up(
    job: Job, exchange: Path, begun: ShippedJob | None, told: list[AnyEvent], rest: Iterator[AnyEvent]
) -> None:
    """The parent comes back, hears everything from the beginning, and goes on listening."""
    receiver = Receiver(Exchange(str(exchange)))
    if begun is not None and receiver.take_up(job, begun.attempt):
        for event in (*told, *rest):
            receiver.event(job.name, event, begun.attempt)
            check_home(job.directory)


FATES = [node_dies, node_goes_on, node_is_taken_up]


def killed_at(at: int, torn: bool, fate: Fate, folder: Path) -> bool:
    """Let the parent be killed at its write number `at`, then begin again; returns whether it came to that."""
    job, exchange = job_in(folder), folder / "exchange"
    told: list[AnyEvent] = []
    rest: Iterator[AnyEvent] = iter(())
    with pytest.MonkeyPatch.context() as patch:
        cuts = Cuts(patch, at, torn)
        receiver, begun = Receiver(Exchange(str(exchange))), None
        with suppress(Killed):
            with cuts.alive():
                begun = receiver.begin(job)
            assert isinstance(begun, ShippedJob)
            rest = node(begun)
            for event in rest:
                told.append(event)
                with cuts.alive():
                    receiver.event(job.name, event)
        check_home(job.directory)
        fate(job, exchange, begun, told, rest)
        if not has_result(journal.read(job.directory)):
            until_the_end(exchange, job)
    check_whole(job.directory)
    return cuts.was_killed


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("fate", FATES)
def test_a_parent_killed_between_any_two_writes(fate: Fate, torn: bool, tmp_path: Path) -> None:
    kills = next(at for at in count() if not killed_at(at, torn, fate, tmp_path / str(at)))
    assert kills > 3 * ALL


@pytest.mark.parametrize("at", [1, 9, 30, 75, 85, 95])
def test_a_parent_killed_between_two_writes(at: int, tmp_path: Path) -> None:
    for fate in FATES:
        killed_at(at, at % 2 == 1, fate, tmp_path / fate.__name__)
