"""What runs without a score do to the estimates of factorial designs, for statistics_rates.py."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import product

import numpy as np
from statistics_comparisons import RULE, Rows, percent, share
from statistics_factorials import interval_of, observations_of

from ablations.statistics import ArmScores, Factor, FactorialFit, fit_factorial
from benchmarks.synthetic import CENTRE, Noise, World, draw

FULL = ["".join(name for name, on in zip("ABC", levels, strict=True) if on) for levels in product((0, 1), repeat=3)]
FACTORS = [Factor(name, ("off", "on")) for name in "ABC"]
EFFECTS = {"A": 0.0, "B": -0.3, "C": 0.1}
TOGETHER = {frozenset("BC"): 0.2}
TRUTH = {"A": 0.0, "B": -0.2, "B:C": 0.2}  # half of B:C is in B
LOST_SEEDS = 5
LOST_SHARE = 0.4
Study = dict[str, ArmScores]


def lost_runs(studies: int) -> Rows:
    """2^3, five seeds: how far estimates are off on average, and what is said of A, which has no effect on scores."""
    ways: dict[str, tuple[dict[str, object], Callable[[Study], Study]]] = {
        "no run": ({}, _all),
        "20 % of all missing": ({"missing": 0.2}, _all),
        "20 % of all diverged": ({"base_divergence": 0.2}, _all),
        "40 % of A's diverged, whichever": ({"divergence": {"A": LOST_SHARE}}, _all),
        "40 % of A's diverged, the worst": ({}, _without_the_worst),
    }
    rows = []
    noises: tuple[Noise, ...] = ("normal", "skewed")
    for (lost, (options, lose)), noise in product(ways.items(), noises):
        world = World(effects=EFFECTS, interactions=TOGETHER, noise=noise, **options)  # type: ignore[arg-type]
        rng = np.random.default_rng(9)
        fits = []
        for _ in range(studies):
            drawn = lose(draw(world, {arm: frozenset(arm) for arm in FULL}, LOST_SEEDS, rng))
            fits.append(fit_factorial(observations_of(drawn, "ABC"), FACTORS, RULE))
        said = Counter(effect.finding for fit in fits for effect in fit.effects if effect.name == "A")
        rows.append([lost, noise, *(_off(fits, name) for name in TRUTH), _covered(fits, "A")])
        rows[-1] += [percent(said[finding] / studies) for finding in ("helps", "hurts", "no difference", "can't tell")]
    return rows


def _all(drawn: Study) -> Study:
    return drawn


def _without_the_worst(drawn: Study) -> Study:
    """Of the runs with A those diverge that are worst for what they are."""
    world = World(effects=EFFECTS, interactions=TOGETHER)
    noise = {
        (arm, seed): math.log(score / CENTRE) - world.effect_of(frozenset(arm))
        for arm, scores in drawn.items()
        if "A" in arm
        for seed, score in scores.scores.items()
    }
    worst = sorted(noise, key=lambda run: -noise[run])[: round(LOST_SHARE * len(noise))]
    return {
        arm: ArmScores(
            arm,
            {seed: score for seed, score in scores.scores.items() if (arm, seed) not in worst},
            frozenset(seed for name, seed in worst if name == arm),
        )
        for arm, scores in drawn.items()
    }


def _estimates(fits: list[FactorialFit], name: str) -> list[tuple[float, float, float]]:
    """Value and ends of the interval, where the design tells this effect apart."""
    found = [(fit, each) for fit in fits for each in fit.effects if each.name == name and not each.aliases]
    intervals = [(each.effect.mean, *interval_of(fit, each)) for fit, each in found]
    return [each for each in intervals if not math.isnan(each[1])]


def _off(fits: list[FactorialFit], name: str) -> str:
    """Mean of estimate - truth on log FID, in %, ± its standard error."""
    errors = 100 * (np.array([value for value, _, _ in _estimates(fits, name)]) - TRUTH[name])
    return f"{errors.mean():+.1f} ± {errors.std(ddof=1) / math.sqrt(len(errors)):.1f}"


def _covered(fits: list[FactorialFit], name: str) -> str:
    return share(low <= TRUTH[name] <= high for _, low, high in _estimates(fits, name))
