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
