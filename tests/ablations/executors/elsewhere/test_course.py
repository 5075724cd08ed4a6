"""What becomes of a trial elsewhere, by what is said of it: decided in one place for every executor."""

import time
from pathlib import Path
from typing import Any

import pytest

from ablations.executors.elsewhere.course import Course
from ablations.executors.elsewhere.exchange import Exchange
from ablations.executors.elsewhere.receiver import Receiver
from ablations.executors.elsewhere.retries import LOST_AGAIN, Again
from ablations.executors.elsewhere.shipped import ShippedJob
from gan_core import journal
from gan_core.events import AnyEvent, Finished, Ticked
from gan_core.workers.job import STOPPED, Job, Report

NAME = "arm-seed0"


class Placed:
    """Places that note what they are given."""

    def __init__(self) -> None:
        self.given: list[tuple[ShippedJob, Again | None]] = []
        self.forgotten: list[str] = []

    def place(self, shipped: ShippedJob, again: Again | None) -> None:
        self.given.append((shipped, again))

    def forget(self, name: str) -> None:
        self.forgotten.append(name)

    @property
    def attempt(self) -> str:
        """The last one."""
        return self.given[-1][0].attempt


@pytest.fixture
def places() -> Placed:
    return Placed()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(NAME, {}, tmp_path / "trial", tmp_path)


@pytest.fixture
def course(tmp_path: Path, places: Placed, job: Job) -> Course:
    """Of a trial that was begun, with a quarter of a GPU."""
    course = Course(Receiver(Exchange(str(tmp_path / "exchange"))), places, gpus=0.25)
    assert list(course.begin(job)) == []
    assert list(course.under_way) == [NAME]
    return course


def ticked(seq: int) -> Ticked:
    return Ticked(
        seq=seq,
        time=time.time(),
        step=seq,
        images=seq,
        wall_s=1.0,
        means={},
        dose={},
        images_per_s=1.0,
    )


def failed(reason: str) -> Finished:
    return Finished(seq=1, time=time.time(), step=1, images=1, wall_s=1.0, status="failed", reason=reason)


def told(course: Course, places: Placed, event: AnyEvent, stopping: bool = False) -> list[Report]:
    return list(course.told(NAME, places.attempt, event, stopping))


def test_lost_again_and_again_without_progress(course: Course, places: Placed) -> None:
    for _ in range(LOST_AGAIN):
        (report,) = course.gone(NAME, "node a is gone", stopping=False)
        assert report.again
        assert report.left.startswith("node a is gone; goes on from its last checkpoint (")
        (_, again) = places.given[-1]
        assert again is not None
        assert again.elsewhere
    assert list(course.gone(NAME, "node a is gone", stopping=False)) == [Report(NAME, left="node a is gone")]
    assert len({shipped.attempt for shipped, _ in places.given}) == 1 + LOST_AGAIN
    assert (dict(course.under_way), places.forgotten) == ({}, [NAME])


def test_progress_in_between_counts_anew(course: Course, places: Placed) -> None:
    for seq in range(2 * LOST_AGAIN):
        assert [report.event for report in told(course, places, ticked(seq))] == [journal_of(places)[-1]]
        (report,) = course.gone(NAME, "gone", stopping=False)
        assert "(1 of 3)" in report.left


def journal_of(places: Placed) -> list[AnyEvent]:
    return journal.read(places.given[-1][0].directory)


@pytest.mark.parametrize(
    ("words", "left", "attempts"),
    [
        ({"stopping": True}, STOPPED, 1),
        ({"stopping": True, "lost": False}, STOPPED, 1),
        ({"stopping": False, "lost": False}, "exit code 3", 1),  # a crash would come again
        ({"stopping": False, "begun": False}, None, 2),  # nothing is lost: not even a report
    ],
)
def test_gone(course: Course, places: Placed, words: dict[str, Any], left: str | None, attempts: int) -> None:
    reports = list(course.gone(NAME, "exit code 3", **words))
    assert [report.left for report in reports] == ([] if left is None else [left])
    assert not any(report.again for report in reports)
    assert len(places.given) == attempts
    assert bool(course.under_way) is (left is None)


def test_one_that_never_begins_loses_no_attempt(course: Course, places: Placed) -> None:
    for _ in range(3 * LOST_AGAIN):
        assert list(course.gone(NAME, "its job was cancelled", stopping=False, begun=False)) == []
    (report,) = course.gone(NAME, "gone", stopping=False)
    assert "(1 of 3)" in report.left


def test_an_attempt_that_counts_no_more_is_not_heeded(course: Course, places: Placed, job: Job) -> None:
    former = places.attempt
    list(course.gone(NAME, "cut off", stopping=False))
    assert list(course.told(NAME, former, ticked(0), stopping=False)) == []
    assert list(course.told(NAME, former, failed("broken"), stopping=False)) == []
    assert journal.read(job.directory) == []
    assert list(course.under_way) == [NAME]


def test_too_little_gpu_memory_is_tried_again_once_with_a_whole_gpu(course: Course, places: Placed, job: Job) -> None:
    told(course, places, ticked(0))
    (report,) = told(course, places, failed("OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"))
    assert report.again
    assert (again := places.given[-1][1]) is not None
    assert again.whole_gpu
    assert [event.kind for event in journal.read(job.directory)] == ["ticked"]
    (report,) = told(course, places, failed("OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"))
    assert isinstance(report.event, Finished)
    assert not course.under_way


def test_an_exception_and_a_failure_while_it_stops_stand(course: Course, places: Placed, job: Job) -> None:
    told(course, places, ticked(0))
    (report,) = told(course, places, failed("CUDA out of memory"), stopping=True)
    assert isinstance(report.event, Finished)
    assert report.event.reason == "CUDA out of memory"
    list(course.begin(job))
    (report,) = told(course, places, failed("ValueError: broken"))
    assert isinstance(report.event, Finished)
    assert len(places.given) == 2


def test_what_waits_is_given_up(course: Course, places: Placed, job: Job) -> None:
    assert course.give_up_waiting(NAME) == Report(NAME, left=STOPPED)
    assert (dict(course.under_way), places.forgotten) == ({}, [NAME])
    assert list(course.begin(job)) == []  # and begun anew later


def test_an_attempt_of_a_former_parent_is_taken_up(tmp_path: Path, course: Course, places: Placed, job: Job) -> None:
    other = Course(Receiver(Exchange(str(tmp_path / "exchange"))), Placed(), gpus=0.25)
    assert not other.take_up(job, "another")
    assert not other.under_way
    assert other.take_up(job, places.attempt)
    assert list(other.under_way) == [NAME]
    assert len(list(other.told(NAME, places.attempt, ticked(0), stopping=False))) == 1
