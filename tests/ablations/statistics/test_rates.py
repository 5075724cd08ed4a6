"""Nominal rates, on synthetic scores with known effects, within Monte-Carlo error.

Seeds are fixed, so these either hold or don't. `noise_of(p, n)` is three standard errors of a share of n.
"""

import math
from itertools import product

import numpy as np
import pytest
from scipy import special

from ablations.statistics import Factor, Observation, Rule, fit_factorial
from ablations.statistics.comparison import Judgement, judge_all
from benchmarks.synthetic import Noise, World, draw, standard_noise

RULE = Rule()
TRICKS = "abcde"
COUNT = 200  # studies
NOISES: tuple[Noise, ...] = ("normal", "skewed", "heavy")


def noise_of(p: float, n: int) -> float:
    return 3 * math.sqrt(p * (1 - p) / n)


def studies(world: World, seeds: int, count: int) -> list[tuple[Judgement, ...]]:
    rng = np.random.default_rng(seeds)
    arms = {"baseline": frozenset[str](), **{trick: frozenset({trick}) for trick in world.effects}}
    made = []
    for _ in range(count):
        drawn = draw(world, arms, seeds, rng)
        made.append(judge_all([(drawn[trick], drawn["baseline"]) for trick in world.effects], RULE))
    return made


@pytest.mark.parametrize("noise", NOISES)
def test_noise_has_mean_0_and_sd_1(noise: Noise) -> None:
    values = standard_noise(noise, 400_000, np.random.default_rng(0))
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.std() == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("seeds", [2, 3, 6, 20])
def test_intervals_cover_and_tricks_without_effect_are_not_praised(noise: Noise, seeds: int) -> None:
    world = World(effects=dict.fromkeys(TRICKS, 0.0), noise=noise, missing=0.05, base_divergence=0.05)
    made = studies(world, seeds, COUNT)
    effects = [judged.contrast.effect for study in made for judged in study if judged.contrast.effect.n > 1]
    covered = np.mean([effect.low <= 0 <= effect.high for effect in effects])
    claimed = np.mean([any(judged.verdict.finding in ("helps", "hurts") for judged in study) for study in made])
    assert covered >= 0.95 - noise_of(0.05, COUNT)  # comparisons of a study share its baseline: so as if one each
    assert claimed <= 0.05 + noise_of(0.05, COUNT)
    if noise == "normal":
        assert covered <= 0.95 + noise_of(0.05, COUNT)


@pytest.mark.parametrize("noise", NOISES)
def test_a_difference_as_large_as_the_margin_is_not_called_none(noise: Noise) -> None:
    world = World(effects=dict.fromkeys(TRICKS, math.log1p(RULE.margin)), noise=noise, noise_sd=0.05)
    made = studies(world, 6, COUNT)
    assert np.mean([any(j.verdict.finding == "no difference" for j in s) for s in made]) <= 0.05 + noise_of(0.05, COUNT)


def test_a_small_spread_lets_no_difference_be_shown() -> None:
    world = World(effects=dict.fromkeys(TRICKS, 0.0), noise_sd=0.02)
    made = studies(world, 6, 50)
    assert np.mean([j.verdict.finding == "no difference" for s in made for j in s]) > 0.9


@pytest.mark.parametrize("noise", NOISES)
def test_effects_are_found_on_their_own_side(noise: Noise) -> None:
    effects = {"a": -0.4, "b": 0.4, "c": 0.0, "d": 0.0}
    made = studies(World(effects=effects, noise=noise), 10, 100)
    found = [[judged.verdict.finding for judged in study] for study in made]
    assert np.mean([study[0] == "helps" for study in found]) > 0.8
    assert np.mean([study[1] == "hurts" for study in found]) > 0.8
    assert not any(study[0] == "hurts" or study[1] == "helps" for study in found)


def test_a_trick_that_makes_runs_diverge_is_not_praised_for_the_survivors() -> None:
    world = World(effects={"a": -0.2}, divergence={"a": 0.4})
    findings = [study[0].verdict.finding for seeds in (10, 40) for study in studies(world, seeds, 150)]
    assert findings.count("helps") <= 0.05 * 300
    assert findings.count("hurts") > 0
    assert findings.count("no difference") == 0


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_factorial_intervals_cover_main_effects_and_interactions(noise: Noise, missing: float) -> None:
    world = World(
        effects={"A": -0.3, "B": 0.1, "C": 0.0},
        interactions={frozenset("AB"): 0.2},
        noise=noise,
        missing=missing,
        base_divergence=missing / 2,
    )
    true = {"A": -0.2, "B": 0.2, "C": 0.0, "A:B": 0.2, "A:C": 0.0, "B:C": 0.0}  # half of A:B is in A and in B
    factors = [Factor(name, ("off", "on")) for name in "ABC"]
    cells = {"".join(on): frozenset(on) - {"-"} for on in product(*(("-", name) for name in "ABC"))}
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(100):
        observations = [
            Observation({f: "on" if f in cell else "off" for f in "ABC"}, seed, scores.scores.get(seed))
            for cell, scores in draw(world, cells, 3, rng).items()
            for seed in sorted(scores.seeds)
        ]
        fit = fit_factorial(observations, factors, RULE)
        half = special.stdtrit(fit.degrees_of_freedom, 0.975)
        errors = [each.judged.looks[0].measured.error for each in fit.effects]
        hits += [
            abs(e.effect.mean - true[e.name]) <= half * error for e, error in zip(fit.effects, errors, strict=True)
        ]
    assert np.mean(hits) == pytest.approx(0.95, abs=noise_of(0.05, 600))
