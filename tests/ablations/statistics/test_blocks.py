"""Effects over several blocks: against formulas by hand, other libraries, and their nominal rates."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from ablations.statistics import ArmScores, Looks, Rule
from ablations.statistics.blocks import (
    BlockPart,
    average_over_blocks,
    heterogeneity,
    measured_average,
    measured_heterogeneity,
    smallest_average,
)
from ablations.statistics.comparison import measured_pairs
from ablations.statistics.family import Family

RULE = Rule()
Draws = NDArray[np.float64]


def part_of(arm: dict[int, float], baseline: dict[int, float], lost: frozenset[int] = frozenset()) -> BlockPart:
    pair = (
        ArmScores("arm", arm, lost),
        ArmScores("baseline", baseline),
    )
    (one,) = measured_pairs([pair], RULE)
    return BlockPart(
        one.measured(RULE), dict(zip(one.contrast.seeds, one.contrast.values, strict=True)), one.divergence
    )


def parts_of(*blocks: Draws) -> dict[str, BlockPart]:
    """Blocks with these log ratios, seed by seed."""
    return {
        f"b{i}": part_of({s: math.exp(v) for s, v in enumerate(values)}, dict.fromkeys(range(len(values)), 1.0))
        for i, values in enumerate(blocks)
    }


def test_the_average_weighs_each_block_alike_and_knows_each_ones_spread() -> None:
    quiet, noisy = np.array([-0.1, -0.12, -0.08]), np.array([0.5, -0.3, 0.1, 0.3])
    average = average_over_blocks(parts_of(quiet, noisy))
    variances = [values.var(ddof=1) / len(values) for values in (quiet, noisy)]
    shared = 2 * np.cov(quiet, noisy[:3])[0, 1] * 3 / (3 * 4)
    assert average.value == pytest.approx((quiet.mean() + noisy.mean()) / 2)
    assert shared > 0
    assert average.error == pytest.approx(math.sqrt(sum(variances) + shared) / 2)
    total = sum(variances) + shared
    assert average.df == pytest.approx(total**2 / (variances[0] ** 2 / 2 + variances[1] ** 2 / 3 + shared**2 / 2))


def test_blocks_that_share_their_luck_are_no_better_known_than_the_seeds() -> None:
    values = np.array([0.1, -0.2, 0.3, 0.05])
    average = average_over_blocks(parts_of(values, values))
    assert average.error == pytest.approx(values.std(ddof=1) / 2)


def test_what_blocks_lose_by_each_other_is_not_taken_for_certainty() -> None:
    values = np.array([0.1, -0.2, 0.3, 0.05])
    average = average_over_blocks(parts_of(values, -values))
    assert average.error == pytest.approx(math.sqrt(2 * values.var(ddof=1) / 4) / 2)


def test_two_blocks_are_compared_by_welchs_t() -> None:
    one, other = np.array([0.1, 0.3, 0.2, 0.25]), np.array([-0.4, 0.5, -0.2])
    expected = stats.ttest_ind(one, other, equal_var=False)
    found = heterogeneity(parts_of(one, other))
    assert (found.f, found.df1, found.p) == pytest.approx((expected.statistic**2, 1, expected.pvalue))
    assert found.df2 == pytest.approx(expected.df)


def test_several_blocks_are_compared_by_brown_and_forsythes_f() -> None:
    rng = np.random.default_rng(3)
    blocks = [rng.normal(shift, sd, 4) for shift, sd in ((0, 0.1), (0.3, 0.2), (0.1, 0.4))]
    expected = anova_oneway(blocks, use_var="bf")
    found = heterogeneity(parts_of(*blocks))
    assert found.f == pytest.approx(expected.statistic)
    assert (found.df1, found.df2) == pytest.approx((expected.df_num, expected.df_denom))
    assert found.p == pytest.approx(expected.pvalue)
    assert found.apart == ()  # with four seeds


def test_two_quiet_blocks_that_differ_are_seen_between_noisy_ones() -> None:
    rng = np.random.default_rng(0)
    blocks = [rng.normal(shift, sd, 8) for shift, sd in ((-0.3, 0.02), (0, 0.6), (0.1, 0.02), (0, 0.6))]
    found = heterogeneity(parts_of(*blocks))
    assert found.p_f > 0.01
    assert found.apart == ("b0", "b2")
    expected = stats.ttest_ind(blocks[0], blocks[2], equal_var=False).pvalue * 6
    assert found.p_apart == pytest.approx(expected)
    assert found.p == pytest.approx(2 * expected)


def test_a_block_without_scores_keeps_the_average_unknown() -> None:
    parts = parts_of(np.array([0.1, 0.2, 0.3])) | {"empty": part_of({}, {})}
    measured = measured_average(parts, RULE)
    assert math.isnan(measured.value)
    assert not measured.is_tested
    assert math.isnan(heterogeneity(parts).p)


def test_a_block_in_which_nothing_happens_counts_as_0() -> None:
    runs = {seed: f"run{seed}" for seed in range(3)}
    same = ArmScores("arm", dict.fromkeys(range(3), 2.0), runs=runs)
    (one,) = measured_pairs([(same, ArmScores("baseline", same.scores, runs=runs))], RULE)
    values = np.array([0.1, 0.2, 0.3])
    parts = parts_of(values) | {"same": BlockPart(one.measured(RULE), {}, one.divergence)}
    measured = measured_average(parts, RULE)
    assert measured.value == pytest.approx(0.1)
    assert measured.error == pytest.approx(values.std(ddof=1) / math.sqrt(3) / 2)
    assert "no effect at all in same" in measured.note
    assert not measured.is_same_run
    expected = stats.ttest_1samp(values, 0)
    assert heterogeneity(parts).p == pytest.approx(expected.pvalue)


def test_divergence_is_that_of_all_blocks_together() -> None:
    baseline = dict.fromkeys(range(5), 1.0)
    scores = {0: 0.5, 1: 0.6}
    lost = frozenset({2, 3, 4})
    parts = {block: part_of(scores, baseline, lost) for block in ("a", "b")}
    measured = measured_average(parts, RULE)
    assert (measured.evidence.excess, measured.evidence.seeds, measured.tests) == (6, 10, 2)
    assert measured.evidence.p_divergence == pytest.approx(stats.binomtest(6, 6).pvalue)
    assert measured.evidence.p_seeds == 1  # it wins four seeds of ten


def test_the_smallest_average_is_that_of_a_t_test() -> None:
    average = average_over_blocks(parts_of(np.array([0.1, -0.1, 0.05, 0.0]), np.array([0.1, -0.2, 0.3, 0.1])))
    shift = smallest_average(average, 0.05, 0.8)
    df = math.floor(average.df)
    power = 1 - stats.nct.cdf(stats.t.isf(0.025, df), df, shift / average.error)
    assert power == pytest.approx(0.8, abs=1e-3)


def judged(rng: np.random.Generator, sds: list[float], seeds: int, effects: Draws, lost: float = 0.0) -> list[str]:
    """The findings on one study: [effect] pooled, then [effect] between blocks. `effects`: [arms blocks]."""
    parts: list[dict[str, BlockPart]] = [{} for _ in effects]
    for block, sd in enumerate(sds):
        x = rng.normal(0, sd, (len(effects) + 1, seeds))
        x[1:] += effects[:, block, None]
        drawn = [{s: math.exp(v) for s, v in enumerate(row) if rng.random() >= lost} for row in x]
        arms = [ArmScores(str(number), scores) for number, scores in enumerate(drawn)]
        for own, one in zip(parts, measured_pairs([(arm, arms[0]) for arm in arms[1:]], RULE), strict=True):
            values = dict(zip(one.contrast.seeds, one.contrast.values, strict=True))
            own[str(block)] = BlockPart(one.measured(RULE), values, one.divergence)
    count = len(effects)
    family = Family(2 * count, Looks(counts=(seeds,), shares=(1.0,)), RULE, [1.0] * count + [0.5] * count)
    family.take(0, [*(measured_average(own, RULE) for own in parts), *(measured_heterogeneity(own) for own in parts)])
    return [one.last.verdict.finding for one in family.judged if one.last is not None]


@pytest.mark.parametrize("sds", [[0.165] * 4, [0.05, 0.3, 0.05, 0.3]])
@pytest.mark.parametrize("lost", [0.0, 0.2])
def test_without_effects_few_studies_say_anything(sds: list[float], lost: float) -> None:
    rng, count = np.random.default_rng(5), 150
    wrong = differs = 0
    for _ in range(count):
        found = judged(rng, sds, 5, np.zeros((2, 4)), lost)
        wrong += any(finding in ("helps", "hurts", "differs") for finding in found)
        differs += "differs" in found
    limit = 0.05 + 3 * math.sqrt(0.05 * 0.95 / count)
    assert wrong / count <= limit
    assert differs / count <= limit


def test_planted_effects_and_differences_are_found() -> None:
    rng, count = np.random.default_rng(6), 40
    effects = np.array([[-0.4] * 4, [-0.5, -0.5, 0.5, 0.5]])
    found = [judged(rng, [0.165] * 4, 8, effects) for _ in range(count)]
    assert sum(one[0] == "helps" for one in found) / count > 0.9
    assert sum(one[3] == "differs" for one in found) / count > 0.9
    assert sum(one[2] == "differs" for one in found) / count <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / count)


def test_intervals_of_the_average_cover() -> None:
    rng, count, covered = np.random.default_rng(7), 400, 0
    for _ in range(count):
        average = average_over_blocks(parts_of(*(rng.normal(0.1, sd, n) for sd, n in ((0.05, 5), (0.3, 4), (0.1, 5)))))
        covered += abs(average.value - 0.1) <= stats.t.isf(0.025, average.df) * average.error
    assert covered / count >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / count)
