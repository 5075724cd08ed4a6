"""Coverage of the effects of factorial designs and of the expected best, for statistics_rates.py."""

from collections.abc import Iterable
from itertools import combinations, product

import numpy as np
from statistics_comparisons import NOISES, RULE, Rows, share

from ablations.statistics import ArmScores, Factor, FactorialFit, Observation, expected_best, fit_factorial
from ablations.statistics.factorial import FactorEffect
from ablations.statistics.significance import half_width
from benchmarks.synthetic import Noise, World, draw, standard_noise

EFFECTS = {"A": -0.3, "B": 0.1, "C": 0.0}
TOGETHER = {frozenset("AB"): 0.2}
DRAWS = 200_000


def observations_of(drawn: dict[str, ArmScores], names: str) -> list[Observation]:
    """Arms named by the factors that are on in them -> observations."""
    return [
        Observation({name: "on" if name in arm else "off" for name in names}, seed, scores.scores.get(seed))
        for arm, scores in drawn.items()
        for seed in sorted(scores.seeds)
    ]


def fitted(world: World, arms: Iterable[str], names: str, seeds: int, rng: np.random.Generator) -> FactorialFit:
    """A synthetic factorial study."""
    drawn = draw(world, {arm: frozenset(arm) for arm in arms}, seeds, rng)
    return fit_factorial(observations_of(drawn, names), [Factor(name, ("off", "on")) for name in names], RULE)


def interval_of(fit: FactorialFit, effect: FactorEffect) -> tuple[float, float]:
    """The effect's own 95 % interval, which allows for no other question."""
    (look,) = effect.judged.looks
    half = half_width(look.measured.error, fit.degrees_of_freedom, RULE.alpha)
    return effect.effect.mean - half, effect.effect.mean + half


def truth(name: str, effects: dict[str, float]) -> float:
    """Averaged over the other factors' levels: a main effect has half of each of its interactions in it."""
    tricks = frozenset(name.split(":"))
    if len(tricks) == 2:
        return TOGETHER.get(tricks, 0.0)
    return effects[name] + sum(value / 2 for mixed, value in TOGETHER.items() if tricks < mixed)


def factorial(studies: int) -> Rows:
    """Full 2^3 with an interaction; with 10 % of the runs missing and 5 % diverged; half of 2^4, main effects."""
    full = ["".join(name for name, on in zip("ABC", levels, strict=True) if on) for levels in product((0, 1), repeat=3)]
    half = ["".join(letters) for k in (0, 2, 4) for letters in combinations("ABCD", k)]  # ABCD = I
    rows = []
    for seeds in (1, 2, 3, 5):
        row = [str(seeds)]
        for noise in NOISES:
            rng = np.random.default_rng(6)
            whole = World(effects=EFFECTS, interactions=TOGETHER, noise=noise)
            holes = World(effects=EFFECTS, interactions=TOGETHER, noise=noise, missing=0.1, base_divergence=0.05)
            four = World(effects={**EFFECTS, "D": 0.05}, interactions=TOGETHER, noise=noise)
            row += [
                _covered([fitted(whole, full, "ABC", seeds, rng) for _ in range(studies // 2)], EFFECTS),
                _covered([fitted(holes, full, "ABC", seeds, rng) for _ in range(studies // 2)], EFFECTS),
                _covered(
                    [fitted(four, half, "ABCD", seeds, rng) for _ in range(studies // 2)], four.effects, mains=True
                ),
            ]
        rows.append(row)
    return rows


def best_after(searches: int) -> Rows:
    """Intervals of the expected best after k = 1, 5 and 10 of n trials; scores log-normal, without or with a floor."""
    rows = []
    for trials in (10, 20, 50):
        row = [str(trials)]
        for noise in ("normal", "skewed"):
            rng = np.random.default_rng(7)
            world = _scores(noise, DRAWS, rng)
            true = {k: float(world[: DRAWS // k * k].reshape(-1, k).min(axis=1).mean()) for k in (1, 5, 10)}
            curves = [expected_best(_scores(noise, trials, rng).tolist(), RULE, most=10) for _ in range(searches // 2)]
            row += [share(c[k - 1].low <= true[k] <= c[k - 1].high for c in curves) for k in true]
        rows.append(row)
    return rows


def _scores(noise: Noise, size: int, rng: np.random.Generator) -> np.ndarray:
    if noise == "skewed":
        return 25 * (1 + 0.5 * standard_noise(noise, size, rng))  # at least 15: most searches' scores have a floor
    return 25 * np.exp(0.5 * standard_noise(noise, size, rng))


def _covered(fits: list[FactorialFit], effects: dict[str, float], mains: bool = False) -> str:
    """The part of the effects' intervals that hold the truth, of those that the design gives an interval."""
    known = [
        (*interval_of(fit, effect), truth(effect.name, dict(effects)))
        for fit in fits
        for effect in fit.effects
        if not (mains and ":" in effect.name) and (mains or not effect.aliases)
    ]
    held = [low <= value <= high for low, high, value in known if not np.isnan(low)]
    return share(held) if held else "–"
