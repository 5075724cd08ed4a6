"""Which arms scatter unlike the baseline: an F test on log scores, against scipy's own distribution."""

import math
from statistics import stdev

import numpy as np
import pytest
from scipy import stats

from ablations.statistics import ArmScores, Rule, compare_all
from ablations.statistics.scatter import ALPHA, unlike_scatter

RULE = Rule()
BASELINE = (10.0, 10.4, 9.7, 10.2, 9.9)
WILD = (8.0, 10.0, 13.0, 9.0, 16.0)


def arm(name: str, scores: tuple[float, ...]) -> ArmScores:
    return ArmScores(name, dict(enumerate(scores)))


def test_the_ratio_of_the_sds_of_the_logs() -> None:
    logs = [[math.log(score) for score in scores] for scores in (WILD, BASELINE)]
    expected = stdev(logs[0]) / stdev(logs[1])
    assert stats.f.sf(expected**2, 4, 4) * 2 < ALPHA
    assert unlike_scatter(arm("wild", WILD), arm("baseline", BASELINE), RULE) == pytest.approx(expected)
    assert unlike_scatter(arm("baseline", BASELINE), arm("wild", WILD), RULE) == pytest.approx(1 / expected)
    (compared,) = compare_all([(arm("wild", WILD), arm("baseline", BASELINE))], RULE)
    assert compared.scatter == pytest.approx(expected)


def test_it_is_said_of_one_in_a_hundred_where_arms_scatter_alike() -> None:
    random = np.random.default_rng(0)
    draws = np.exp(random.normal(0, 0.1, (4000, 2, 6)))
    found = [unlike_scatter(arm("a", tuple(one[0])), arm("b", tuple(one[1])), RULE) is not None for one in draws]
    assert 0.006 < np.mean(found) < 0.014


def test_nothing_is_said_of_few_seeds_or_of_equal_scores() -> None:
    assert unlike_scatter(arm("wild", WILD[:4]), arm("baseline", BASELINE), RULE) is None
    assert unlike_scatter(arm("same", (10.0,) * 5), arm("baseline", BASELINE), RULE) is None


def test_on_a_plain_scale_the_scores_themselves_count() -> None:
    plain = Rule(scale="plain")
    shifted = arm("wild", tuple(score - 20 for score in WILD))
    assert unlike_scatter(shifted, arm("baseline", BASELINE), plain) == pytest.approx(stdev(WILD) / stdev(BASELINE))
