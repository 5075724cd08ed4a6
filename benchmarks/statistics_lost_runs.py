"""Verdicts of factorial designs, and what runs without a score do to the estimates, for statistics_rates.py."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import product

import numpy as np
from statistics_comparisons import NOISES, RULE, Rows, percent, share
from statistics_factorials import fitted, observations_of

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


def verdicts(studies: int) -> Rows:
    """2^3, six verdicts a study: any 'helps' or 'hurts' of nothing; any 'no difference' of effects at the margin."""
    edge = math.log1p(RULE.margin)
    rows = []
    for seeds in (1, 2, 3, 5, 8):
        row = [str(seeds)]
        for noise in NOISES:
            rng = np.random.default_rng(8)
            for effects, spread, wrong in (
                (dict.fromkeys("ABC", 0.0), 0.12, ("helps", "hurts")),
                (dict.fromkeys("ABC", edge), 0.04, ("no difference",)),
            ):
                for lost in (0.0, 0.1):
                    world = World(effects=effects, noise=noise, noise_sd=spread, missing=lost, base_divergence=lost)
                    fits = (fitted(world, FULL, "ABC", seeds, rng) for _ in range(studies))
                    row.append(share(_any(fit, wrong, mains=wrong == ("no difference",)) for fit in fits))
        rows.append(row)
    return rows


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


def _any(fit: FactorialFit, findings: tuple[str, ...], mains: bool) -> bool:
    """Interactions are 0 in all these worlds: of them, 'no difference' is right."""
    return any(effect.finding in findings for effect in fit.effects if not (mains and ":" in effect.name))


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
    found = [effect for fit in fits for effect in fit.effects if effect.name == name and not effect.aliases]
    return [(each.effect.mean, each.effect.low, each.effect.high) for each in found if not math.isnan(each.effect.low)]


def _off(fits: list[FactorialFit], name: str) -> str:
    """Mean of estimate - truth on log FID, in %, ± its standard error."""
    errors = 100 * (np.array([value for value, _, _ in _estimates(fits, name)]) - TRUTH[name])
    return f"{errors.mean():+.1f} ± {errors.std(ddof=1) / math.sqrt(len(errors)):.1f}"


def _covered(fits: list[FactorialFit], name: str) -> str:
    return share(low <= TRUTH[name] <= high for _, low, high in _estimates(fits, name))
