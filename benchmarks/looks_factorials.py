"""Looks in factorial designs: effects by least squares with the seed as a block, one family, all runs stop together."""

import functools
import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from looks_rule import ALPHA, OPEN, SAME, Flags, Outcome, Schedule, chance_of, holm, t_tests
from looks_worlds import MARGIN, RUN_SD, SEED_SD, Array, Noise, noise_of
from scipy import stats

Guard = Literal["none", "fisher", "worst score"]


@dataclass(frozen=True)
class Design:
    """The columns of the model: -1/2 and 1/2 for a main effect, so that the coefficient is with minus without; the
    product of two for an interaction, a difference of differences."""

    columns: Array  # [arms effects]
    mains: int


def full(factors: int = 3) -> Design:
    """All combinations, main effects and interactions of two."""
    mains = np.array(list(itertools.product((-0.5, 0.5), repeat=factors)))
    pairs = [mains[:, a] * mains[:, b] for a, b in itertools.combinations(range(factors), 2)]
    return Design(np.column_stack([mains, *pairs]), factors)


def resolution_three() -> Design:
    """Seven factors in eight arms: each main effect is mixed with three interactions."""
    a, b, c = np.array(list(itertools.product((-1, 1), repeat=3))).T
    return Design(np.column_stack([a, b, c, a * b, a * c, b * c, a * b * c]) / 2, 7)


def resolution_four() -> Design:
    """Seven factors in sixteen arms: main effects apart from all interactions of two, which stand in sums of three."""
    a, b, c, d = np.array(list(itertools.product((-1, 1), repeat=4))).T
    mains = np.column_stack([a, b, c, d, a * b * c, b * c * d, a * c * d])
    sums = [mains[:, 0] * mains[:, other] for other in range(1, 7)]
    candidates = [mains[:, one] * mains[:, other] for one, other in itertools.combinations(range(7), 2)]
    for column in candidates:
        if not any(abs(column @ known) == len(column) for known in sums):
            sums.append(column)
    return Design(np.column_stack([mains / 2, *(column / 4 for column in sums)]), 7)


@dataclass(frozen=True)
class FactorWorld:
    """The true coefficients, how runs scatter, and which diverge."""

    design: Design
    truth: tuple[float, ...]
    noise: Noise = "normal"
    run_sd: float = RUN_SD
    diverged: float = 0.0  # of all runs, at random
    diverged_first: float = 0.0  # of those with the first factor, at random
    worst_first: float = 0.0  # of those with the first factor, the ones with the worst noise

    def draw(self, studies: int, seeds: int, rng: np.random.Generator) -> Array:
        """log FID by study, arm and seed; NaN where a run diverged."""
        columns = self.design.columns
        shape = (studies, len(columns), seeds)
        noise = noise_of(self.noise, np.array(self.run_sd), shape, rng)
        scores = SEED_SD * rng.normal(size=(studies, 1, seeds)) + (columns @ np.array(self.truth))[:, None] + noise
        with_first = (columns[:, 0] > 0)[:, None]
        lost = rng.random(shape) < self.diverged
        lost |= with_first & (rng.random(shape) < self.diverged_first)
        if self.worst_first:
            lost |= with_first & (noise > np.quantile(noise, 1 - self.worst_first))
        return np.where(lost, np.nan, scores)


@dataclass(frozen=True)
class Fits:
    """Least squares of many studies. NaN where the runs that are left can't tell an effect apart."""

    values: Array  # [studies effects]
    errors: Array
    df: Array  # [studies 1]


def fit(scores: Array, columns: Array) -> Fits:
    """score = seed + effects, each study from its own runs that have a score."""
    studies, arms, seeds = scores.shape
    blocks = np.tile(np.eye(seeds), (arms, 1))
    model = np.hstack([blocks, np.repeat(columns, seeds, axis=0)])  # [runs columns]
    flat = scores.reshape(studies, -1)
    there = np.isfinite(flat)
    y = np.where(there, flat, 0)
    width = model.shape[1]
    products = (model[:, :, None] * model[:, None, :]).reshape(len(model), -1)
    if there.all():
        normal = products.sum(axis=0).reshape(1, width, width)
    else:
        normal = (there @ products).reshape(studies, width, width)
    inverse = np.linalg.pinv(normal, rcond=1e-9, hermitian=True)
    projector = inverse @ normal  # what is estimable has a row of the identity
    beta = (inverse @ (y @ model)[:, :, None])[:, :, 0]
    rank = np.rint(np.trace(projector, axis1=1, axis2=2))
    df = (there.sum(axis=1) - rank)[:, None]
    residual = ((np.where(there, y - beta @ model.T, 0)) ** 2).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(residual / df)
        errors = sd * np.sqrt(np.diagonal(inverse, axis1=1, axis2=2)[:, seeds:])
    apart = np.abs(projector - np.eye(width)).max(axis=2)[:, seeds:] < 1e-6
    known = np.broadcast_to(apart & (df > 0), errors.shape)
    return Fits(np.where(known, beta[:, seeds:], np.nan), np.where(known, errors, np.nan), df)


def play_factorial(
    scores: Array, design: Design, schedule: Schedule, guard: Guard = "worst score", hopeless: float = 0.1
) -> Outcome:
    """The studies look by look: all runs go on until every effect is decided or hopeless."""
    studies, arms, _ = scores.shape
    effects = design.columns.shape[1]
    verdicts = np.zeros((studies, effects), dtype=np.int64)
    smallest = np.ones((2, studies, effects))
    side = np.zeros((studies, effects))
    running = np.arange(studies)
    seeds = np.zeros(studies, dtype=np.int64)
    for at, (look, share) in enumerate(zip(schedule.looks, schedule.shares, strict=True)):
        seeds[running] = look
        part = scores[running, :, :look]
        fits = fit(part, design.columns)
        p_differs, p_same = t_tests(fits.values, fits.errors**2, fits.df, two_sided_equivalence=True)
        side[running] = np.where(p_differs / share < smallest[0, running], np.sign(fits.values), side[running])
        smallest[:, running] = np.minimum(smallest[:, running], np.stack([p_differs, p_same]) / share)
        differs = holm(smallest[0, running]) <= ALPHA
        stays = (np.sign(fits.values) == side[running]) & stands(part, design.columns, fits, differs, guard)
        same = np.where((holm(smallest[1, running]) <= ALPHA) & even(part, design.columns), SAME, OPEN)
        found = np.where(differs, np.where(stays, side[running], OPEN), same).astype(np.int64)
        verdicts[running] = np.where(verdicts[running] == OPEN, found, verdicts[running])
        undecided = verdicts[running] == OPEN
        if at + 1 == len(schedule.looks) or not undecided.any():
            break
        going = undecided & (factorial_chances(fits, undecided, arms - 1, schedule, at) >= hopeless)
        running = running[going.any(axis=1)]
        if not len(running):
            break
    return Outcome(verdicts, arms * seeds, seeds)


def factorial_chances(fits: Fits, undecided: Flags, df_of_seed: int, schedule: Schedule, at: int) -> Array:
    """The predicted chance that an effect has a verdict at any later look; 1 where it can't be predicted."""
    look = schedule.looks[at]
    added = np.array(schedule.looks[at + 1 :]) - look
    result = np.ones(fits.values.shape)
    rest = undecided.sum(axis=1)
    for others, df in {(int(a), int(b)) for a, b in zip(rest, fits.df[:, 0], strict=True) if a and b > 0}:
        members = undecided & ((rest == others) & (fits.df[:, 0] == df))[:, None] & (fits.errors > 0)
        sd = fits.errors[members] * np.sqrt(look)  # of one seed's value
        levels = ALPHA * np.array(schedule.shares[at + 1 :]) / others
        result[members] = chance_of(
            fits.values[members] / sd, MARGIN / sd, look, df, added, df + added * df_of_seed, levels
        )
    return result


def lost_by_side(scores: Array, columns: Array) -> tuple[Array, Array, Array]:
    """How many runs diverged on the upper side of each column and on the lower one, and how many each side has."""
    lost = np.isnan(scores).sum(axis=2).astype(float)  # [studies arms]
    return lost @ (columns > 0), lost @ (columns < 0), (columns > 0).sum(axis=0) * float(scores.shape[2])


def even(scores: Array, columns: Array) -> Flags:
    """Whether both sides of each column diverge about equally often."""
    upper, lower, runs = lost_by_side(scores, columns)
    return np.asarray(np.abs(upper - lower) <= 0.1 * runs)


def stands(scores: Array, columns: Array, fits: Fits, asked: Flags, guard: Guard) -> Flags:
    """Whether a verdict by scores may be given although the better side lost more runs to divergence.

    `fisher`: not where Fisher's test finds one rate for both sides unlikely. `worst score`: only where the effect is
    there too (same sign, unadjusted) if each diverged run is given the worst score of all runs of the study.
    """
    result = np.ones(fits.values.shape, dtype=bool)
    if guard == "none" or not np.isnan(scores).any():
        return result
    upper, lower, runs = lost_by_side(scores, columns)
    against = np.where(fits.values < 0, upper > lower, lower > upper)
    if guard == "fisher":
        for study, effect in np.argwhere(asked & against):
            counts = int(upper[study, effect]), int(lower[study, effect])
            result[study, effect] = fisher_p(*counts, int(runs[effect])) > ALPHA
        return result
    worst = np.nanmax(scores, axis=(1, 2), keepdims=True)
    filled = fit(np.where(np.isnan(scores), worst, scores), columns)
    p, _ = t_tests(filled.values, filled.errors**2, filled.df, two_sided_equivalence=True)
    return np.asarray(~against | ((np.sign(filled.values) == np.sign(fits.values)) & (p <= ALPHA)))


@functools.cache
def fisher_p(upper: int, lower: int, runs: int) -> float:
    return float(stats.fisher_exact(np.array([[upper, runs - upper], [lower, runs - lower]])).pvalue)
