"""When a silent run counts as hung: by the parent's waking hours."""

import time

import pytest

from gan_core.problems import UserError
from gan_core.workers.patience import Life, Patience


class Clock:
    """`time.monotonic`, moved by hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        patch.setattr(time, "monotonic", lambda: self.now)

    def pass_by(self, life: Life, seconds: float, steps_of: float = 0.5) -> None:
        for _ in range(round(seconds / steps_of)):
            self.now += steps_of
            life.look()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_five_minutes_at_least(clock: Clock) -> None:
    life = Life()
    clock.pass_by(life, 2)
    life.event()
    clock.pass_by(life, 299)
    assert not Patience().is_over(life)
    clock.pass_by(life, 2)
    assert Patience().is_over(life)


def test_ten_times_its_longest_event(clock: Clock) -> None:
    life = Life()
    clock.pass_by(life, 60)
    life.event()
    clock.pass_by(life, 599)
    assert not Patience().is_over(life)
    clock.pass_by(life, 2)
    assert Patience().is_over(life)


def test_one_that_computes_without_an_event_has_ten_times_as_long(clock: Clock) -> None:
    life = Life()
    for _ in range(99):
        clock.pass_by(life, 2)
        life.sign()
    clock.pass_by(life, 1.5)
    assert not Patience(20).is_over(life)
    life.sign()
    clock.pass_by(life, 1)
    assert Patience(20).is_over(life)
    life.event()
    assert not Patience(20).is_over(life)


def test_a_parent_that_was_away_has_not_listened(clock: Clock) -> None:
    """Ctrl-Z stops the children with it; a laptop sleeps."""
    life = Life()
    clock.now += 3600
    life.look()
    assert not Patience(10).is_over(life)
    clock.pass_by(life, 10)
    assert Patience(10).is_over(life)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 9.9, float("inf"), float("nan")])
def test_what_a_user_may_ask_for(seconds: float) -> None:
    with pytest.raises(UserError, match=r"--patience: .* is out of range; allowed: >= 10 seconds"):
        Patience.of(seconds)
    assert Patience.of(10).seconds == 10
    assert Patience.of(None) == Patience()
