"""Means of a tick."""

import torch

from gan_core.game.meter import Meter


def test_means_and_a_fresh_start() -> None:
    meter = Meter()
    for value in (1.0, 2.0, 6.0):
        meter.note("a", torch.tensor(value))
    meter.note("b", torch.tensor(5.0, requires_grad=True))
    assert meter.take() == {"a": 3.0, "b": 5.0}
    assert meter.take() == {}


def test_state_round_trip() -> None:
    first, second = Meter(), Meter()
    first.note("a", torch.tensor(0.1))
    second.load_state_dict(first.state_dict(), torch.device("cpu"))
    for meter in (first, second):
        meter.note("a", torch.tensor(0.2))
    assert first.take() == second.take()


def test_a_sum_keeps_its_memory_whatever_is_taken_and_loaded() -> None:
    """What replays an update adds to the memory that it once knew, and counts."""
    meter = Meter()
    meter.note("a", torch.tensor(1.0))
    (total,) = meter._sums.values()
    assert meter.take() == {"a": 1.0}
    total.add_(3.0)
    meter.counts["a"] = 2
    assert meter.take() == {"a": 1.5}
    meter.load_state_dict({"a": (5.0, 1)}, torch.device("cpu"))
    total.add_(1.0)
    assert meter.take() == {"a": 6.0}


def test_a_name_that_was_not_noted_in_a_tick_is_not_in_its_means() -> None:
    meter = Meter()
    meter.note("rare", torch.tensor(1.0))
    meter.take()
    meter.note("frequent", torch.tensor(2.0))
    assert meter.state_dict() == {"frequent": (2.0, 1)}
    assert meter.take() == {"frequent": 2.0}
