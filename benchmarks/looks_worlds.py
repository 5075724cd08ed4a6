"""Synthetic studies with known effects, drawn as arrays: what the simulation of looks is made of.

log FID of a run = its seed's own part + the arm's effect + the run's noise. A run that diverged is NaN.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Noise = Literal["normal", "mildly skewed", "skewed", "collapse", "heavy"]
NOISES: tuple[Noise, ...] = ("normal", "skewed", "collapse", "heavy")
Spread = Literal["equal", "x6 between arms", "one arm 3x", "baseline 3x"]
SPREADS: tuple[Spread, ...] = ("equal", "x6 between arms", "one arm 3x", "baseline 3x")

MARGIN = math.log(1.1)
RUN_SD = 0.165
SEED_SD = 0.07
COLLAPSED = 0.1  # of the runs, in 'collapse'
MAIN_STUDY = tuple(math.log1p(percent / 100) for percent in (3, 11, 13, 28, 55, 59, 98, 105))
MIXED = tuple(math.log1p(percent / 100) for percent in (-30, 0, -15, 0, 20, 0, 40, 0))
HALF = (MARGIN, 0.0, -MARGIN, 0.0) * 2


@dataclass(frozen=True)
class World:
    """The arms' true effects on log FID, how the runs scatter, and how often they diverge."""

    effects: tuple[float, ...]  # of the arms; the baseline, which comes first in what is drawn, has none
    noise: Noise = "normal"
    spread: Spread = "equal"
    run_sd: float = RUN_SD
    diverged: float = 0.0  # probability that any run diverges
    diverged_first: float = 0.0  # and, on top, one of the first arm

    def draw(self, studies: int, seeds: int, rng: np.random.Generator) -> Array:
        """log FID by study, arm and seed."""
        arms = len(self.effects) + 1
        sds = self.run_sd * np.array(spread_factors(self.spread, arms - 1))
        truth = np.array([0.0, *self.effects])
        scores = SEED_SD * rng.normal(size=(studies, 1, seeds))
        scores = scores + truth[:, None] + noise_of(self.noise, sds[:, None], (studies, arms, seeds), rng)
        lost = rng.random((studies, arms, seeds)) < self.diverged
        lost[:, 1] |= rng.random((studies, seeds)) < self.diverged_first
        return np.where(lost, np.nan, scores)


def spread_factors(spread: Spread, arms: int) -> Sequence[float]:
    """By how much the runs of the baseline (first) and of each arm scatter more than the world says."""
    if spread == "x6 between arms":
        return [1.0, *np.geomspace(1, 6, arms)]
    if spread == "one arm 3x":
        return [1.0, 3.0, *[1.0] * (arms - 1)]
    return [3.0 if spread == "baseline 3x" else 1.0, *[1.0] * arms]


def noise_of(noise: Noise, sd: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Noise with mean 0. `skewed`: log-normal with sigma 1, of skewness 6.2 (`mildly`: 0.5, 1.75); `heavy`: Student's t
    with 3 degrees of freedom; all with this sd. `collapse`: normal with this sd, and now and then a run is worse by 1
    (FID times 2.7), by as much whatever the sd.
    """
    if noise == "normal":
        return sd * rng.normal(size=shape)
    if noise == "heavy":
        return sd * rng.standard_t(3, size=shape) / math.sqrt(3)
    if noise == "collapse":
        return sd * rng.normal(size=shape) + (rng.random(shape) < COLLAPSED) - COLLAPSED
    variance = 1.0 if noise == "skewed" else 0.25  # of the logarithm
    return (
        sd
        * (rng.lognormal(0, math.sqrt(variance), shape) - math.exp(variance / 2))
        / math.sqrt(math.expm1(variance) * math.exp(variance))
    )
