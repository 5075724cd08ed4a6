"""The rule of verdicts by looks, written a second time, for whole arrays of studies at once.

Nothing here is shared with `ablations/statistics`, so that one can be held against the other. Arrays have the studies
along their first axis, then the comparisons; scores are those of looks_worlds.py.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from looks_worlds import MARGIN, Array
from numpy.typing import NDArray
from scipy import special

ALPHA = 0.05
BORROW_FROM = 5  # seeds in which both ended with a score: with fewer nothing is borrowed
LENDERS = 4  # degrees of freedom that the other pairs must have for each that is borrowed
DRAWS = 1000  # of the future, to predict the chance of a verdict
DEFAULT_LOOKS = (3, 5, 8, 12, 20, 32, 50, 80)
HELPS, OPEN, HURTS, SAME = -1, 0, 1, 2  # the last: no difference larger than the margin

Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]
Stop = Literal["decided", "first", "never"]


@dataclass(frozen=True)
class Schedule:
    """After how many seeds is tested, and with which part of alpha."""

    looks: tuple[int, ...]
    shares: tuple[float, ...]


def declared(*looks: int) -> Schedule:
    """The looks of a study file: each has the part of alpha that its seeds have of all looks' seeds."""
    return Schedule(looks, tuple(look / sum(looks) for look in looks))


def plain(seeds: int) -> Schedule:
    """`seeds: n`: a look at n, with the shares of all default looks up to there, then the later default looks."""
    first = sum(look <= max(seeds, DEFAULT_LOOKS[0]) for look in DEFAULT_LOOKS)
    later = tuple(look for look in DEFAULT_LOOKS if look > seeds)
    parts = len(DEFAULT_LOOKS)
    return Schedule((seeds, *later), (first / parts, *(1 / parts for _ in later)))


@dataclass(frozen=True)
class Policy:
    """How a study is tested, and when its arms get no more seeds.

    `stop`: at their own verdict; all arms at the first verdict of any; or never. `older`: the rule before looks, each
    comparison with its own spread, "differs" and "no difference" each adjusted by Holm with all of alpha, the latter by
    a one-sided p.
    """

    schedule: Schedule
    borrow: int = 4
    hopeless: float = 0.1  # 0: no arm is given up
    stop: Stop = "decided"
    older: bool = False


@dataclass(frozen=True)
class Family:
    """The comparisons of a study: a weight for each arm, the baseline being the first arm."""

    weights: Array  # [comparisons arms]

    @property
    def pairs(self) -> Flags:
        """Which are of two arms, so that they have a spread to share; the others are interactions."""
        return np.asarray(np.sum(self.weights != 0, axis=1) == 2)

    def values(self, scores: Array) -> Array:
        """Each comparison's value in each seed, not finite where a run that it needs has no score."""
        rows = []
        with np.errstate(invalid="ignore"):
            for weights in self.weights:
                arms = np.flatnonzero(weights)
                rows.append(np.einsum("a,sat->st", weights[arms], scores[:, arms]))
        return np.stack(rows, axis=1)


def one_in(arms: int) -> Family:
    """Each arm against the baseline."""
    return Family(np.hstack([-np.ones((arms, 1)), np.eye(arms)]))


@dataclass(frozen=True)
class Outcome:
    """What became of the studies."""

    verdicts: Codes  # [studies comparisons]
    runs: Codes  # [studies], trained
    seeds: Codes  # [studies], of the arm that went furthest
    by_look: tuple[tuple[Codes, Flags], ...] = ()  # the verdicts after each look, and the arms that then go on


@dataclass
class Seen:
    """What is known of each comparison at its last look; those that were stopped keep what they had."""

    k: Array
    mean: Array
    variance: Array
    excess: Array  # in how many more seeds the arm diverged than the other
    even: Flags  # whether they diverge about equally often
    p_seeds: Array  # of who won more seeds, a diverged one being lost
    p_divergence: Array  # McNemar's, infinite where it could not have answered

    def take(self, newer: "Seen", where: Flags) -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, np.where(where, getattr(newer, name), getattr(self, name)))


@dataclass
class Shown:
    """The smallest p over the looks so far, each over its look's share; NaN where there was no test yet."""

    p: Array  # [studies comparisons], of no difference
    p_same: Array  # of an effect as large as the margin
    side: Array  # that the smallest p of no difference spoke for
    by_divergence: Flags  # whether McNemar's test had the smaller p then, and not the t test

    @classmethod
    def nothing(cls, studies: int, comparisons: int) -> "Shown":
        numbers = (np.full((studies, comparisons), np.nan) for _ in range(3))
        return cls(*numbers, np.zeros((studies, comparisons), dtype=bool))

    def take(self, p: Array, p_same: Array, side: Array, by_divergence: Flags, where: Flags) -> None:
        """Take in the p of one look, over its share."""
        smaller = where & np.isfinite(p) & ~(self.p < np.minimum(1, p))
        self.p, self.side = np.where(smaller, np.minimum(1, p), self.p), np.where(smaller, side, self.side)
        self.by_divergence = np.where(smaller, by_divergence, self.by_divergence)
        self.p_same = np.where(where, np.fmin(self.p_same, np.minimum(1, p_same)), self.p_same)

    @property
    def parts(self) -> Array:
        """Of how many parts of alpha each comparison of a study has one [studies]."""
        tested = (np.isfinite(self.p) | np.isfinite(self.p_same)).sum(axis=1)
        parts = np.maximum(1.0, tested)
        while True:
            fewer = np.maximum(1.0, tested - (self.p * parts[:, None] <= ALPHA).sum(axis=1) / 2)
            if (fewer == parts).all():
                return parts
            parts = fewer


@dataclass
class Given:
    """What the verdicts were given by."""

    p: Array  # adjusted
    p_same: Array
    side: Array
    by_divergence: Flags


def play(scores: Array, policy: Policy, family: Family | None = None) -> Outcome:
    """The studies look by look, up to their end. Scores are NaN of a run that diverged, infinite of one that has none
    for another reason."""
    family = family or one_in(scores.shape[1] - 1)
    schedule, uses = policy.schedule, family.weights != 0
    values = family.values(scores)
    studies, comparisons = values.shape[:2]
    running = np.ones((studies, scores.shape[1]), dtype=bool)
    verdicts = np.zeros((studies, comparisons), dtype=np.int64)
    runs, seeds = np.zeros(studies, dtype=np.int64), np.zeros(studies, dtype=np.int64)
    shown = Shown.nothing(studies, comparisons)
    given = Given(shown.p, shown.p_same, shown.side, shown.by_divergence)
    seen: Seen | None = None
    trained, by_look = 0, []
    for at, (look, share) in enumerate(zip(schedule.looks, schedule.shares, strict=True)):
        runs += running.sum(axis=1) * (look - trained)
        seeds[running.any(axis=1)] = look
        trained = look
        asked = np.stack([running[:, used].all(axis=1) for used in uses], axis=1)
        newer = seen_at(scores, values, family, look)
        if seen is None:
            seen = newer
        else:
            seen.take(newer, asked)
        undecided = verdicts == OPEN
        if policy.stop == "decided":
            asked &= undecided
        spread, df = guarded_spread(seen.k, seen.variance, family.pairs, policy.borrow)
        p_score, p_same = t_tests(seen.mean, spread / seen.k, df)
        has_both = np.isfinite(seen.p_divergence) & np.isfinite(p_score)
        p = np.where(has_both, np.minimum(1, 2 * np.fmin(p_score, seen.p_divergence)), p_score)
        p = np.where(np.isfinite(seen.p_divergence) & ~has_both, seen.p_divergence, p)
        by_divergence = np.isfinite(seen.p_divergence) & ~(p_score <= seen.p_divergence)
        shown.take(p / share, p_same / share, np.sign(seen.mean), by_divergence, asked & undecided)
        if policy.older:
            parts = np.ones(studies)
            now = Given(holm(shown.p), holm(shown.p_same / 2), shown.side, shown.by_divergence)
        else:
            parts = shown.parts
            now = Given(parts[:, None] * shown.p, parts[:, None] * shown.p_same, shown.side, shown.by_divergence)
        found = findings(now, seen, share)
        new = asked & undecided & (found != OPEN)
        for name in Given.__dataclass_fields__:
            setattr(given, name, np.where(new, getattr(now, name), getattr(given, name)))
        confirmed = np.where(findings(given, seen, 1.0) == verdicts, verdicts, OPEN)
        verdicts = np.where(asked, np.where(undecided, found, confirmed), verdicts)
        undecided = verdicts == OPEN
        if at + 1 < len(schedule.looks):
            if policy.stop == "first":
                running &= undecided.all(axis=1)[:, None]
            elif policy.stop == "decided":
                wanted = asked & undecided
                tests = np.where(has_both, 2, 1) * parts[:, None]
                chance = chances(seen.mean, np.sqrt(spread / seen.k), df, tests, wanted, schedule, at)
                wanted &= chance >= policy.hopeless  # what is hopeless comes along where others need its runs
                running = np.stack([wanted[:, used].any(axis=1) for used in uses.T], axis=1)
        by_look.append((verdicts, running))
    return Outcome(verdicts, runs, seeds, tuple(by_look))


def seen_at(scores: Array, values: Array, family: Family, look: int) -> Seen:
    """The comparisons' numbers over the first seeds."""
    part = values[:, :, :look]
    there = np.isfinite(part)
    k = there.sum(axis=2).astype(float)
    filled = np.where(there, part, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=2) / k
        variance = (np.where(there, part - mean[:, :, None], 0) ** 2).sum(axis=2) / (k - 1)
    variance[k < 2] = np.nan
    excess, even = np.zeros_like(k), np.ones(k.shape, dtype=bool)
    p_seeds, p_divergence = np.zeros(k.shape), np.full(k.shape, np.inf)
    lost, ended = np.isnan(scores[:, :, :look]), ~np.isposinf(scores[:, :, :look])
    if lost.any():
        for at in np.flatnonzero(family.pairs):
            arm, other = np.argmax(family.weights[at]), np.argmin(family.weights[at])
            only_arm = (lost[:, arm] & ~lost[:, other] & ended[:, other]).sum(axis=1)
            only_other = (lost[:, other] & ~lost[:, arm] & ended[:, arm]).sum(axis=1)
            p_mcnemar = fair_coin_p(only_arm, only_other)
            can_answer = 2 * 0.5 ** (only_arm + only_other) <= ALPHA
            below = (filled[:, at] < 0).sum(axis=1) + only_other
            above = (filled[:, at] > 0).sum(axis=1) + only_arm
            won, given = np.where(mean[:, at] < 0, below, above), np.where(mean[:, at] < 0, above, below)
            p_seeds[:, at] = np.where(won > given, fair_coin_p(won, given), 1)
            excess[:, at] = only_arm - only_other
            even[:, at] = np.abs(excess[:, at]) <= 0.1 * (ended[:, arm] & ended[:, other]).sum(axis=1)
            p_divergence[:, at] = np.where(can_answer, p_mcnemar, np.inf)
    return Seen(k, mean, variance, excess, even, p_seeds, p_divergence)


def guarded_spread(k: Array, variance: Array, pairs: Flags, borrow: int) -> tuple[Array, Array]:
    """The variance that each comparison is tested with, and its degrees of freedom: its own, blended with that of all
    pairs of the study, and never below its own. One degree of freedom is borrowed for LENDERS that the others have;
    nothing with few seeds."""
    own_df = np.maximum(k - 1, 0)
    counted = np.where(pairs & (k >= 2), own_df, 0)
    total = counted.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (counted * np.where(counted > 0, variance, 0)).sum(axis=1, keepdims=True) / total
        borrowed = np.where(pairs & (k >= BORROW_FROM), np.minimum(borrow, (total - counted) // LENDERS), 0)
        df = own_df + borrowed
        blended = (borrowed * np.where(borrowed > 0, pooled, 0) + own_df * variance) / df
    return np.where(borrowed > 0, np.maximum(variance, blended), variance), df


def t_tests(mean: Array, variance: Array, df: Array) -> tuple[Array, Array]:
    """p of no effect, and p of an effect as large as the margin: whose two-sided interval just lies within it. NaN
    where there is nothing to test."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(variance)
        differs = 2 * special.stdtr(df, -np.abs(mean) / error)
        same = np.minimum(1, 2 * special.stdtr(df, (np.abs(mean) - MARGIN) / error))
    return differs, same


def fair_coin_p(heads: Codes, tails: Codes) -> Array:
    """Two-sided p of heads and tails being equally likely."""
    total = heads + tails
    p = 2 * special.bdtr(np.minimum(heads, tails).astype(float), np.maximum(total, 1), 0.5)
    return np.where(total > 0, np.minimum(1, p), 1.0)


def holm(p: Array) -> Array:
    """Adjusted p-values by study (Holm 1979). All comparisons count, at every look, whether or not one has a test."""
    p = np.nan_to_num(p, nan=1.0)
    order = np.argsort(p, axis=1)
    steps = np.arange(p.shape[1], 0, -1)
    ascending = np.maximum.accumulate(np.minimum(1, np.take_along_axis(p, order, axis=1) * steps), axis=1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, ascending, axis=1)
    return adjusted


def findings(given: Given, seen: Seen, share: float) -> Codes:
    """The verdicts that these adjusted p-values give. Scores against divergence give none, unless their side wins more
    seeds at the look's share of alpha, and does not diverge significantly more often."""
    stands = (seen.p_seeds <= ALPHA * share) & ~(seen.p_divergence <= ALPHA)
    against = np.where(given.side < 0, seen.excess > 0, seen.excess < 0)
    by_score = np.where(~against | stands, given.side, OPEN)
    differs = np.where(given.by_divergence, np.where(seen.excess < 0, HELPS, HURTS), by_score)
    same = np.where((given.p_same <= ALPHA) & seen.even, SAME, OPEN)
    return np.where(given.p <= ALPHA, differs, same).astype(np.int64)


def chances(
    mean: Array,
    error: Array,
    df: Array,
    parts: Array,
    asked: Flags,
    schedule: Schedule,
    at: int,
    df_of_seed: int = 1,
) -> Array:
    """The predicted chance that a comparison has a verdict at any later look; 1 where it is not asked for."""
    found = np.ones(mean.shape)
    look = schedule.looks[at]
    ready = asked & (df > 0) & np.isfinite(error) & (error > 0)
    keys, group = np.unique(np.stack([df[ready], parts[ready]]), axis=1, return_inverse=True)
    sd = error[ready] * np.sqrt(look)
    results = np.ones(sd.shape)
    for index, (freedom, own_parts) in enumerate(keys.T):
        members = np.flatnonzero(group.ravel() == index)
        added = np.array(schedule.looks[at + 1 :]) - look
        levels = ALPHA * np.array(schedule.shares[at + 1 :]) / own_parts
        results[members] = chance_of(
            mean[ready][members] / sd[members],
            MARGIN / sd[members],
            look,
            freedom,
            added,
            freedom + added * df_of_seed,
            levels,
        )
    found[ready] = results
    return found


def chance_of(
    effect: Array, margin: Array, look: int, df: float, added: NDArray[np.int64], later_df: Array, levels: Array
) -> Array:
    """The chance of a verdict at later looks, for effects and margins in units of the spread of one seed's value.

    The true effect is drawn around the estimate, then the seeds to come; the spread is taken for known, which leaves
    the future mean as the present one plus a number that is drawn once for all comparisons.
    """
    truth, normal = _draws(len(added))
    total = look + added
    steps = np.diff(added, prepend=0)
    noise = np.cumsum(normal * np.sqrt(steps), axis=1)
    drawn = special.stdtrit(df, special.ndtr(truth))
    shift = ((drawn[:, None] * added / np.sqrt(look) + noise) / total).astype(np.float32)
    reach = special.stdtrit(later_df, 1 - levels / 2) / np.sqrt(total)
    chance = np.empty(len(effect))
    for start in range(0, len(effect), 1000):
        part = slice(start, start + 1000)
        hit = np.zeros((len(effect[part]), DRAWS), dtype=bool)
        for later in range(len(added)):
            away = np.abs(effect[part, None].astype(np.float32) + shift[:, later])
            hit |= away >= np.float32(reach[later])
            hit |= away <= (margin[part, None] - reach[later]).astype(np.float32)
        chance[part] = hit.mean(axis=1)
    return chance


@functools.cache
def _draws(later: int) -> tuple[Array, Array]:
    """The truth's place, and the noise of each look [DRAWS looks]: the product's numbers, so that both can be compared
    study by study."""
    normal = np.random.default_rng(0).standard_normal((1 + later, DRAWS))
    return normal[0], normal[1:].T


def fixed(seeds: int) -> Policy:
    """The rule before looks: one test at these seeds, each comparison with its own spread."""
    return Policy(Schedule((seeds,), (1.0,)), borrow=0, hopeless=0, stop="never", older=True)


def looking_each_seed(scores: Array, first: int, last: int) -> Codes:
    """That rule asked after each seed, as it was not meant to be: the first verdict on each comparison."""
    verdicts = np.zeros((scores.shape[0], scores.shape[1] - 1), dtype=np.int64)
    for seeds in range(first, last + 1):
        verdicts = np.where(verdicts == OPEN, play(scores, fixed(seeds)).verdicts, verdicts)
    return verdicts


def wrong(verdicts: Codes, truth: Sequence[float]) -> Flags:
    """Which verdicts are wrong: an effect where there is none, or of the other sign; none where it reaches the
    margin."""
    effects = np.array(truth)
    claimed = (verdicts == HELPS) | (verdicts == HURTS)
    missed = (verdicts == SAME) & (np.abs(effects) >= MARGIN - 1e-9)
    return np.asarray((claimed & (verdicts != np.sign(effects))) | missed)


def right(verdicts: Codes, truth: Sequence[float]) -> Flags:
    """Which verdicts are given, and not wrong."""
    return np.asarray((verdicts != OPEN) & ~wrong(verdicts, truth))
