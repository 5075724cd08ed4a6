"""Losses at two logits, by hand."""

import math

import pytest
import torch

from gan_core.losses import LOSSES

REAL, FAKE = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
ONES, ZEROS = torch.ones(2), torch.zeros(2)


def log_sigmoid(x: float) -> float:
    return -math.log(1 + math.exp(-x))


def test_non_saturating() -> None:
    d = -(log_sigmoid(2) + log_sigmoid(-1)) / 2 - (log_sigmoid(-0.5) + log_sigmoid(3)) / 2
    assert float(LOSSES["non_saturating"].d(REAL, FAKE, ONES, ZEROS)) == pytest.approx(d, rel=1e-6)
    g = -(log_sigmoid(0.5) + log_sigmoid(-3)) / 2
    assert float(LOSSES["non_saturating"].g(FAKE)) == pytest.approx(g, rel=1e-6)


def test_non_saturating_with_soft_targets() -> None:
    real = -sum(0.9 * log_sigmoid(x) + 0.1 * log_sigmoid(-x) for x in (2, -1)) / 2
    fake = -sum(0.2 * log_sigmoid(x) + 0.8 * log_sigmoid(-x) for x in (0.5, -3)) / 2
    value = LOSSES["non_saturating"].d(REAL, FAKE, 0.9 * ONES, 0.2 * ONES)
    assert float(value) == pytest.approx(real + fake, rel=1e-6)


def test_hinge() -> None:
    assert float(LOSSES["hinge"].d(REAL, FAKE, ONES, ZEROS)) == pytest.approx((0 + 2) / 2 + (1.5 + 0) / 2)
    assert float(LOSSES["hinge"].g(FAKE)) == pytest.approx(-(0.5 - 3) / 2)


@pytest.mark.parametrize("name", LOSSES)
def test_targets_matter_exactly_where_the_loss_says_so(name: str) -> None:
    hard, soft = (LOSSES[name].d(REAL, FAKE, t, ZEROS) for t in (ONES, 0.9 * ONES))
    assert bool(hard != soft) == LOSSES[name].has_targets


@pytest.mark.parametrize("name", LOSSES)
def test_extreme_logits_stay_finite_and_the_direction_is_right(name: str) -> None:
    loss, big = LOSSES[name], torch.full((2,), 1e4)
    assert torch.isfinite(loss.d(-big, big, ONES, ZEROS))
    assert loss.d(big, -big, ONES, ZEROS) < loss.d(-big, big, ONES, ZEROS)
    assert loss.g(big) < loss.g(-big)
