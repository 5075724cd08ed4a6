"""Times by which an execution ends: what the user may say, and which moment that is."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from ablations.execution.deadline import deadline_of
from gan_core.problems import UserError

EVENING = datetime(2030, 3, 30, 22, 15, 0)  # the clocks go forward in the night that follows, in Berlin


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def now() -> float:
    return EVENING.timestamp()


def test_hours_from_now() -> None:
    deadline = deadline_of(2.5, None, now)
    assert deadline is not None
    assert (deadline.seconds_left, deadline.is_over, deadline.words) == (9000, False, "00:45")
    assert deadline_of(None, None, now) is None
    soon = deadline_of(0.005, None, now)
    assert soon is not None
    assert soon.words == "22:15:18"


@pytest.mark.parametrize(
    ("said", "expected", "words"),
    [
        ("07:00", datetime(2030, 3, 31, 7), "07:00"),  # eight hours away and not nine
        ("7:00", datetime(2030, 3, 31, 7), "07:00"),
        ("22:15", datetime(2030, 3, 31, 22, 15), "22:15"),  # it has just begun
        ("22:15:01", datetime(2030, 3, 30, 22, 15, 1), "22:15:01"),
        ("23:59", datetime(2030, 3, 30, 23, 59), "23:59"),
        ("2030-04-02T07:00", datetime(2030, 4, 2, 7), "2030-04-02 07:00"),
        ("2030-04-02 07:00", datetime(2030, 4, 2, 7), "2030-04-02 07:00"),
        ("2030-03-31T05:00+00:00", datetime(2030, 3, 31, 7), "07:00"),
    ],
)
def test_a_time(said: str, expected: datetime, words: str) -> None:
    deadline = deadline_of(None, said, now)
    assert deadline is not None
    assert (deadline.at, deadline.words) == (expected.timestamp(), words)


def test_it_comes() -> None:
    clock = iter([0.0, 1799.0, 1800.0])
    deadline = deadline_of(0.5, None, lambda: next(clock))
    assert deadline is not None
    assert [deadline.is_over, deadline.is_over] == [False, True]


@pytest.mark.parametrize("hours", [0, -1, float("nan"), float("inf"), 8761])
def test_no_hours(hours: float) -> None:
    with pytest.raises(UserError, match=r"--hours: .* is out of range; allowed: more than 0 and at most 8760"):
        deadline_of(hours, None, now)


@pytest.mark.parametrize(
    "said", ["", "7", "7am", "24:00", "12:60", "2030-04-02", "2030-04-32T07:00", "tomorrow", "0001-01-01T00:00"]
)
def test_no_time(said: str) -> None:
    with pytest.raises(UserError, match=r"--answer-by: .* (no time|over); allowed: a time of the clock"):
        deadline_of(None, said, now)


def test_a_time_that_is_over_and_both_at_once() -> None:
    with pytest.raises(UserError, match="--answer-by: 2030-03-30T22:00 is over"):
        deadline_of(None, "2030-03-30T22:00", now)
    with pytest.raises(UserError, match="--hours, --answer-by: both name the time to end at; allowed: one of them"):
        deadline_of(1, "07:00", now)
