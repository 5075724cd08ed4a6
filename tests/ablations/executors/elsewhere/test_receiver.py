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
from gan_core.events import AnyEvent, has_result
from gan_core.workers.job import Job, Report
from tests.ablations.executors.elsewhere.cuts import Cuts, Killed
from tests.ablations.executors.elsewhere.pretended import ALL, check_home, check_whole, train

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


@pytest.mark.parametrize("at", [1, 4, 9, 30, 64, 75, 81, 85, 90, 95])
def test_a_parent_killed_between_two_writes(at: int, tmp_path: Path) -> None:
    for fate in FATES:
        killed_at(at, at % 2 == 1, fate, tmp_path / fate.__name__)
