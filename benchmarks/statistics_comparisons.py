"""Coverage of intervals, error rates of one test, and a trick that diverges, for statistics_rates.py."""

import math
from collections import Counter
from collections.abc import Iterable

import numpy as np
from scipy import stats

from ablations.statistics import ArmScores, Contrast, Rule, contrast_of
from ablations.statistics.comparison import Judgement, judge_all
from ablations.statistics.power import smallest_detectable
from benchmarks.synthetic import Noise, World, draw, standard_noise

RULE = Rule()
NOISES: tuple[Noise, ...] = ("normal", "skewed", "heavy")
SEEDS = (2, 3, 5, 8, 20)
Rows = list[list[str]]


def one_in(world: World, seeds: int, rng: np.random.Generator) -> tuple[Judgement, ...]:
    """A synthetic one-in study with the tricks of the world."""
    arms = {"baseline": frozenset[str](), **{trick: frozenset({trick}) for trick in world.effects}}
    drawn = draw(world, arms, seeds, rng)
    return judge_all([(drawn[trick], drawn["baseline"]) for trick in world.effects], RULE)


def coverage(samples: int) -> Rows:
    """95 % intervals of the log ratio: Student's t, which is used, and BCa; last, the arm's noise alone is skewed."""
    rng = np.random.default_rng(1)
    rows = []
    for seeds in SEEDS:
        row = [str(seeds)]
        for noise in NOISES:
            differences = np.stack([_difference(noise, seeds, rng, both=True) for _ in range(samples)])
            row += [share(_covers_t(values) for values in differences), _covers_bca(differences[:1000], rng)]
        one_arm = [_difference("skewed", seeds, rng, both=False) for _ in range(samples)]
        rows.append([*row, share(_covers_t(values) for values in one_arm)])
    return rows


def single_tests(studies: int) -> Rows:
    """One trick without effect, one test: how often p <= 0.05, by the t test and by sign flips; and power as stated."""
    rows = []
    for seeds in SEEDS:
        row = [str(seeds)]
        for noise in NOISES:
            rng = np.random.default_rng(3)
            spread = 0.12 * math.sqrt(2)
            effect = smallest_detectable(seeds, spread, RULE.alpha, RULE.power)
            null = [_contrast(noise, 0.0, seeds, rng) for _ in range(studies)]
            real = [_contrast(noise, min(effect, 300.0), seeds, rng) for _ in range(studies)]
            row += [
                share(contrast.p <= RULE.alpha for contrast in null),
                share(contrast.p_sign_flip <= RULE.alpha for contrast in null[:500]),
                share(contrast.p <= RULE.alpha and contrast.effect.mean > 0 for contrast in real),
            ]
        rows.append(row)
    return rows


def divergence(studies: int) -> Rows:
    """A trick that makes 40 % of its runs diverge and the others 18 % better, against a stable baseline."""
    rows = []
    for seeds in (3, 5, 8, 20, 40):
        world = World(effects={"a": -0.2}, divergence={"a": 0.4})
        rng = np.random.default_rng(5)
        found = Counter(one_in(world, seeds, rng)[0].verdict.finding for _ in range(studies))
        rows.append(
            [
                str(seeds),
                *(percent(found[kind] / studies) for kind in ("helps", "hurts", "no difference", "can't tell")),
            ]
        )
    return rows


def share(hits: Iterable[bool]) -> str:
    """Of how many it holds, in per cent."""
    values = list(hits)
    return percent(sum(values) / len(values))


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _difference(noise: Noise, seeds: int, rng: np.random.Generator, both: bool) -> np.ndarray:
    own = standard_noise(noise, seeds, rng)
    return 0.12 * (own - standard_noise(noise, seeds, rng)) if both else 0.12 * own


def _covers_t(values: np.ndarray) -> bool:
    arm = ArmScores("arm", {seed: 25 * math.exp(value) for seed, value in enumerate(values)})
    baseline = ArmScores("baseline", dict.fromkeys(range(len(values)), 25.0))
    effect = contrast_of(((1.0, arm), (-1.0, baseline)), baseline, RULE).effect
    return effect.low <= 0 <= effect.high


def _covers_bca(samples: np.ndarray, rng: np.random.Generator) -> str:
    if samples.shape[1] < 3:
        return "–"
    covered = []
    for batch in np.array_split(samples, 20):
        result = stats.bootstrap((batch,), np.mean, axis=-1, n_resamples=999, method="BCa", rng=rng)
        covered += list((result.confidence_interval.low <= 0) & (result.confidence_interval.high >= 0))
    return share(covered)


def _contrast(noise: Noise, effect: float, seeds: int, rng: np.random.Generator) -> Contrast:
    drawn = draw(World(effects={"a": effect}, noise=noise), {"baseline": frozenset(), "a": frozenset("a")}, seeds, rng)
    return contrast_of(((1.0, drawn["a"]), (-1.0, drawn["baseline"])), drawn["baseline"], RULE)
