"""Looks in factorial designs: effects by least squares with the seed as a block, one family, all runs stop together."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from looks_rule import ALPHA, OPEN, SAME, Codes, Flags, Outcome, Schedule, Shown, chances, t_tests
from looks_worlds import RUN_SD, SEED_SD, Array, Noise, noise_of
from scipy import stats

Guard = Literal["none", "fisher", "worst score and fisher"]


@dataclass(frozen=True)
class Design:
    """The columns of the model: -1/2 and 1/2 for a main effect, so that the coefficient is with minus without; the
    product of two for an interaction, a difference of differences."""

    columns: Array  # [arms effects]
    mains: int
    on: Flags  # [arms effects]: the arms that have the factor, or both of an interaction


def full(factors: int = 3) -> Design:
    """All combinations, main effects and interactions of two."""
    mains = np.array(list(itertools.product((-0.5, 0.5), repeat=factors)))
    pairs = list(itertools.combinations(range(factors), 2))
    columns = np.column_stack([mains, *(mains[:, a] * mains[:, b] for a, b in pairs)])
    return Design(columns, factors, with_both(mains, pairs))


def with_both(mains: Array, pairs: Sequence[tuple[int, int]]) -> Flags:
    """The arms with each factor, and with both of each pair."""
    return np.column_stack([mains > 0, *((mains[:, a] > 0) & (mains[:, b] > 0) for a, b in pairs)])


def resolution_three() -> Design:
    """Seven factors in eight arms: each main effect is mixed with three interactions."""
    a, b, c = np.array(list(itertools.product((-1, 1), repeat=3))).T
    mains = np.column_stack([a, b, c, a * b, a * c, b * c, a * b * c])
    return Design(mains / 2, 7, mains > 0)


def resolution_four() -> Design:
    """Seven factors in sixteen arms: main effects apart from all interactions of two, which stand in sums of three."""
    a, b, c, d = np.array(list(itertools.product((-1, 1), repeat=4))).T
    mains = np.column_stack([a, b, c, d, a * b * c, b * c * d, a * c * d])
    sums: dict[tuple[int, int], Array] = {}
    for one, other in itertools.combinations(range(7), 2):
        column = mains[:, one] * mains[:, other]
        if not any(abs(column @ known) == len(column) for known in sums.values()):
            sums[one, other] = column
    columns = np.column_stack([mains / 2, *(column / 4 for column in sums.values())])
    return Design(columns, 7, with_both(mains, list(sums)))


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
    scores: Array,
    design: Design,
    schedule: Schedule,
    guard: Guard = "worst score and fisher",
    hopeless: float = 0.1,
) -> Outcome:
    """The studies look by look: all runs go on until every effect is decided or hopeless."""
    studies, arms, _ = scores.shape
    effects = design.columns.shape[1]
    verdicts = np.zeros((studies, effects), dtype=np.int64)
    shown = Shown.nothing(studies, effects)
    running = np.ones(studies, dtype=bool)
    seeds, by_look = np.zeros(studies, dtype=np.int64), []
    for at, (look, share) in enumerate(zip(schedule.looks, schedule.shares, strict=True)):
        seeds[running] = look
        part = scores[:, :, :look]
        fits = fit(part, design.columns)
        asked = running[:, None] & (verdicts == OPEN)
        p, p_same = t_tests(fits.values, fits.errors**2, fits.df)
        shown.take(p / share, p_same / share, np.sign(fits.values), np.zeros_like(asked), asked)
        parts = shown.parts[:, None]
        excess, runs = excess_of(part, design)
        differs = parts * shown.p <= ALPHA
        against = np.where(shown.side < 0, excess > 0, excess < 0)
        stays = ~against | stands(part, design, fits, shown.side, asked & differs & against, guard, share)
        same = (parts * shown.p_same <= ALPHA) & (np.abs(excess) <= 0.1 * runs)
        found = np.where(differs, np.where(stays, shown.side, OPEN), np.where(same, SAME, OPEN))
        verdicts = np.where(asked, found, verdicts).astype(np.int64)
        if at + 1 < len(schedule.looks):
            wanted = asked & (verdicts == OPEN)
            df = np.broadcast_to(fits.df, wanted.shape)
            chance = chances(
                fits.values, fits.errors, df, parts + 0 * fits.values, wanted, schedule, at, df_of_seed=arms - 1
            )
            given_up = wanted & (chance < hopeless)  # the runs of the next look may come all the same, for another
            running &= (wanted & ~given_up).any(axis=1)
        by_look.append((verdicts, running[:, None]))
    return Outcome(verdicts, arms * seeds, seeds, tuple(by_look))


def excess_of(scores: Array, design: Design) -> tuple[Codes, Array]:
    """How many more runs with the factor (or both factors) diverged than the rate of the others predicts, and how many
    runs have it."""
    counts = lost_by_side(scores, design)
    return np.rint(counts.lost_with - counts.lost_without / counts.without * counts.with_it).astype(
        np.int64
    ), counts.with_it


class Counts(NamedTuple):
    """Runs by effect [effects], and how many of them diverged [studies effects]."""

    lost_with: Array
    lost_without: Array
    with_it: Array
    without: Array


def lost_by_side(scores: Array, design: Design) -> Counts:
    """The runs with a factor (or both factors) and all others."""
    lost = np.isnan(scores).sum(axis=2).astype(float)  # [studies arms]
    runs = design.on.sum(axis=0) * float(scores.shape[2])
    return Counts(lost @ design.on, lost @ ~design.on, runs, float(scores[0].size) - runs)


def stands(scores: Array, design: Design, fits: Fits, side: Array, asked: Flags, guard: Guard, share: float) -> Flags:
    """Whether a verdict by scores may be given although the better side lost more runs to divergence.

    `fisher`: not where Fisher's test finds one rate for both sides unlikely. `worst score`: only where the effect is
    there too (same sign, at the look's share of alpha) if each diverged run is as far from its seed's mean as the worst
    of all runs of the study.
    """
    result = np.ones(fits.values.shape, dtype=bool)
    if guard == "none" or not np.isnan(scores).any():
        return result
    counts = lost_by_side(scores, design)
    for study, effect in np.argwhere(asked):
        result[study, effect] = fisher_p(*(int(each[study, effect]) for each in counts[:2]),
                                         *(int(each[effect]) for each in counts[2:])) > ALPHA  # fmt: skip
    if guard == "fisher":
        return result
    means = np.nanmean(scores, axis=1, keepdims=True)
    worst = means + np.nanmax(scores - means, axis=(1, 2), keepdims=True)
    filled = fit(np.where(np.isnan(scores), worst, scores), design.columns)
    p, _ = t_tests(filled.values, filled.errors**2, filled.df)
    return np.asarray(result & (np.sign(filled.values) == np.sign(fits.values)) & (p <= ALPHA * share))


@functools.cache
def fisher_p(lost: int, others_lost: int, runs: int, others: int) -> float:
    return float(stats.fisher_exact(np.array([[lost, runs - lost], [others_lost, others - others_lost]])).pvalue)
