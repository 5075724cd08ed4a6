"""Synthetic scores with known effects: what the estimates, intervals and verdicts are checked against."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ablations.statistics.scores import ArmScores

Noise = Literal["normal", "skewed", "heavy"]
CENTRE = 25.0  # FID of the baseline in a seed without noise


@dataclass(frozen=True)
class World:
    """How log FID comes about: CENTRE + seed's own + effects of the tricks that are on + noise of the run.

    Spreads are those of log FID, so about relative: 0.12 a run makes 0.17 of a paired difference, as on Fashion-MNIST.
    """

    effects: Mapping[str, float] = field(default_factory=dict)  # trick -> change of log FID
    interactions: Mapping[frozenset[str], float] = field(default_factory=dict)  # on top, when all of these are on
    noise: Noise = "normal"
    noise_sd: float = 0.12
    seed_sd: float = 0.2  # common to all arms of a seed
    missing: float = 0.0  # probability that a run was not made
    divergence: Mapping[str, float] = field(default_factory=dict)  # trick -> probability that it makes a run diverge
    base_divergence: float = 0.0  # of any run

    def effect_of(self, on: frozenset[str]) -> float:
        """The true log ratio of an arm with these tricks to the baseline."""
        mixed = sum(effect for tricks, effect in self.interactions.items() if tricks <= on)
        return sum(self.effects[trick] for trick in on) + mixed

    def divergence_of(self, on: frozenset[str]) -> float:
        """The probability that such a run diverges: that any of its causes strikes."""
        survives = 1 - self.base_divergence
        for trick in on & self.divergence.keys():
            survives *= 1 - self.divergence[trick]
        return 1 - survives


def draw(
    world: World, arms: Mapping[str, frozenset[str]], seeds: int, rng: np.random.Generator
) -> dict[str, ArmScores]:
    """One study: for each arm, by the tricks that are on in it, the scores of its seeds."""
    common = rng.normal(0, world.seed_sd, seeds)
    drawn = {}
    for name, on in arms.items():
        noise = world.noise_sd * standard_noise(world.noise, seeds, rng)
        scores = CENTRE * np.exp(common + world.effect_of(on) + noise)
        there = rng.random(seeds) >= world.missing
        diverged = rng.random(seeds) < world.divergence_of(on)
        drawn[name] = ArmScores(
            name,
            {seed: float(scores[seed]) for seed in range(seeds) if there[seed] and not diverged[seed]},
            frozenset(seed for seed in range(seeds) if there[seed] and diverged[seed]),
        )
    return drawn


def standard_noise(noise: Noise, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Mean 0, sd 1. `skewed`: log-normal with sigma 1, of skewness 6.2: now and then a seed is much worse, on log FID
    still. `heavy`: Student's t with 3 degrees of freedom, whose fourth moment is infinite."""
    if noise == "normal":
        return rng.normal(size=size)
    if noise == "heavy":
        return rng.standard_t(3, size=size) / math.sqrt(3)
    return (rng.lognormal(0, 1, size) - math.sqrt(math.e)) / math.sqrt((math.e - 1) * math.e)
