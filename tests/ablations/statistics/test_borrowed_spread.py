"""The steadied spread against its formula, and its guards."""

import math

import numpy as np
import pytest
from scipy import stats

from ablations.statistics import ArmScores, Contrast, Rule, contrast_of
from ablations.statistics.borrowed_spread import with_borrowed_spread

RULE = Rule()
BASELINE = ArmScores("baseline", dict.fromkeys(range(40), 20.0))


def contrast(values: list[float]) -> Contrast:
    arm = ArmScores("arm", {seed: 20.0 * math.exp(value) for seed, value in enumerate(values)})
    return contrast_of(((1.0, arm), (-1.0, BASELINE)), BASELINE, RULE)


def drawn(sd: float, n: int, seed: int = 0) -> list[float]:
    return list(np.random.default_rng(seed).normal(0.1, sd, n))


def test_a_quiet_comparison_takes_over_some_of_the_others_spread() -> None:
    quiet, others = drawn(0.01, 5), [drawn(0.3, 5, seed) for seed in range(1, 8)]
    steadied, *_ = with_borrowed_spread([contrast(quiet), *map(contrast, others)], 4)
    s2 = [float(np.var(values, ddof=1)) for values in (quiet, *others)]
    variance = (4 * np.mean(s2) + 4 * s2[0]) / 8
    assert (steadied.spread, steadied.df, steadied.borrowed) == (pytest.approx(math.sqrt(variance)), 8, 4)
    t = float(np.mean(quiet)) / math.sqrt(variance / 5)
    assert steadied.p == pytest.approx(2 * stats.t.sf(abs(t), 8))
    assert contrast(quiet).p < 0.001 < 0.3 < steadied.p


def test_a_noisy_comparison_keeps_its_own_spread() -> None:
    wild = contrast(drawn(1.0, 5))
    steadied, *_ = with_borrowed_spread([wild, *(contrast(drawn(0.05, 5, seed)) for seed in range(1, 8))], 4)
    assert (steadied.spread, steadied.df) == (pytest.approx(wild.effect.sd), 8)


@pytest.mark.parametrize(
    ("sizes", "borrowed"),
    [
        ([5], 0),  # nobody to borrow from
        ([5, 5], 1),  # four degrees of freedom stand behind one that is borrowed
        ([5, 5, 5], 2),
        ([5, 9, 9], 4),
        ([5] * 6, 4),
        ([4, 5, 5, 5, 5], 0),  # with fewer than five seeds: its own, as ever
    ],
)
def test_how_much_is_borrowed(sizes: list[int], borrowed: int) -> None:
    first, *_ = with_borrowed_spread([contrast(drawn(0.2, n, seed)) for seed, n in enumerate(sizes)], 4)
    assert (first.borrowed, first.df) == (borrowed, sizes[0] - 1 + borrowed)


def test_none_is_borrowed_where_the_rule_says_so() -> None:
    before = [contrast(drawn(0.2, 6, seed)) for seed in range(5)]
    assert with_borrowed_spread(before, 0) == before
