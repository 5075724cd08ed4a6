"""The chance of a later verdict against a simulation of its own, and at its ends."""

import math

import numpy as np
import pytest
from scipy import stats

from ablations.statistics.outlook import Prediction, chance_of_a_verdict

LATER = [(8, 0.05 * 0.3 / 8), (12, 0.05 * 0.5 / 8)]


@pytest.mark.parametrize(("value", "sd"), [(0.0, 0.02), (0.1, 0.1), (0.25, 0.2), (0.02, 0.3)])
def test_agrees_with_runs_drawn_one_by_one(value: float, sd: float) -> None:
    known = Prediction(value, sd / math.sqrt(5), 8, math.log(1.1), 5)
    rng, found = np.random.default_rng(1), 0
    for _ in range(4000):
        truth = value + known.error * rng.standard_t(8)
        total, seeds, hit = value * 5, 5, False
        for count, alpha in LATER:
            total += float(rng.normal(truth, sd, count - seeds).sum())
            seeds = count
            half = stats.t.isf(alpha / 2, 8 + count - 5) * sd / math.sqrt(count)
            hit = hit or abs(total / count) >= half or abs(total / count) + half <= known.margin
        found += hit
    assert chance_of_a_verdict(known, LATER) == pytest.approx(found / 4000, abs=0.05)


def test_certain_and_hopeless() -> None:
    sure = Prediction(1.0, 0.01, 8, 0.1, 5)
    assert chance_of_a_verdict(sure, LATER) == 1
    lost = Prediction(0.08, 1.0, 8, 0.1, 5)
    assert chance_of_a_verdict(lost, [(8, 1e-6)]) < 0.02


def test_the_same_each_time() -> None:
    known = Prediction(0.1, 0.05, 8, 0.1, 5)
    assert chance_of_a_verdict(known, LATER) == chance_of_a_verdict(known, LATER)
