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
DRAWS = 500  # of the future, to predict the chance of a verdict
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

    `stop`: at their own verdict; all arms at the first verdict of any; or never.
    """

    schedule: Schedule
    borrow: int = 4
    lenders: float = 1.0  # degrees of freedom that the other pairs must have for each that is borrowed
    hopeless: float = 0.1  # 0: no arm is given up
    stop: Stop = "decided"
    two_sided_equivalence: bool = True  # "no difference" says that the two-sided interval lies within the margin
    joint: bool = False  # one step-down for "differs" and "no difference" together, in place of one for each
    stands_at_share: bool = False  # the sign test of scores against divergence has the look's share of alpha alone


@dataclass(frozen=True)
class Family:
    """The comparisons of a study: a weight for each arm, the baseline being the first arm."""

    weights: Array  # [comparisons arms]

    @property
    def pairs(self) -> Flags:
        """Which are of two arms, so that they have a spread to share; the others are interactions."""
        return np.asarray(np.sum(self.weights != 0, axis=1) == 2)

    def values(self, scores: Array) -> Array:
        """Each comparison's value in each seed, NaN where a run that it needs diverged."""
        rows = []
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


@dataclass
class Seen:
    """What is known of each comparison at its last look; those that were stopped keep what they had."""

    k: Array
    mean: Array
    variance: Array
    excess: Array  # in how many more seeds the arm diverged than the other
    even: Flags  # whether they diverge about equally often
    stands: Flags  # whether better scores count although their arm diverged in more seeds
    p_divergence: Array  # McNemar's, infinite where it could not have answered

    def take(self, newer: "Seen", where: Flags) -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, np.where(where, getattr(newer, name), getattr(self, name)))


def play(scores: Array, policy: Policy, family: Family | None = None) -> Outcome:
    """The studies look by look, up to their end."""
    family = family or one_in(scores.shape[1] - 1)
    schedule, uses = policy.schedule, family.weights != 0
    values = family.values(scores)
    studies, comparisons = values.shape[:2]
    running = np.ones((studies, scores.shape[1]), dtype=bool)
    verdicts = np.zeros((studies, comparisons), dtype=np.int64)
    smallest = np.ones((2, studies, comparisons))  # of p over the look's share: of a difference, and of none
    side = np.zeros((studies, comparisons))  # that the smallest p of a difference spoke for
    by_divergence = np.zeros((studies, comparisons), dtype=bool)
    runs, seeds = np.zeros(studies, dtype=np.int64), np.zeros(studies, dtype=np.int64)
    seen: Seen | None = None
    trained = 0
    for at, (look, share) in enumerate(zip(schedule.looks, schedule.shares, strict=True)):
        runs += running.sum(axis=1) * (look - trained)
        seeds[running.any(axis=1)] = look
        trained = look
        complete = np.stack([running[:, used].all(axis=1) for used in uses], axis=1)
        newer = seen_at(scores, values, family, look, ALPHA * (share if policy.stands_at_share else 1.0))
        if seen is None:
            seen = newer
        else:
            seen.take(newer, complete)
        spread, df = guarded_spread(seen.k, seen.variance, family.pairs, policy.borrow, policy.lenders)
        p_score, p_same = t_tests(seen.mean, spread / seen.k, df, policy.two_sided_equivalence)
        p_differs = np.where(
            np.isfinite(seen.p_divergence), np.minimum(1, 2 * np.minimum(p_score, seen.p_divergence)), p_score
        )
        lower = complete & (p_differs / share < smallest[0])
        side = np.where(lower, np.sign(seen.mean), side)
        by_divergence = np.where(lower, seen.p_divergence < p_score, by_divergence)
        smallest = np.where(complete, np.minimum(smallest, np.stack([p_differs, p_same]) / share), smallest)
        adjusted = (
            jointly(smallest, 0.5 if policy.two_sided_equivalence else 1.0)
            if policy.joint
            else np.stack([holm(smallest[0]), holm(smallest[1])])
        )
        found = findings(adjusted[0], adjusted[1], side, by_divergence, seen)
        verdicts = np.where(verdicts == OPEN, found, verdicts)
        if at + 1 == len(schedule.looks):
            break
        undecided = verdicts == OPEN
        if policy.stop == "first":
            running &= undecided.all(axis=1)[:, None]
        elif policy.stop == "decided":
            wanted = undecided & complete
            if policy.hopeless:
                wanted &= chances(seen.mean, spread, seen.k, df, undecided, wanted, schedule, at) >= policy.hopeless
            running = np.stack([wanted[:, used].any(axis=1) for used in uses.T], axis=1)
    return Outcome(verdicts, runs, seeds)


def seen_at(scores: Array, values: Array, family: Family, look: int, alpha: float) -> Seen:
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
    stands, p_divergence = np.ones(k.shape, dtype=bool), np.full(k.shape, np.inf)
    lost = np.isnan(scores[:, :, :look])
    if lost.any():
        for at in np.flatnonzero(family.pairs):
            arm, other = np.argmax(family.weights[at]), np.argmin(family.weights[at])
            only_arm = (lost[:, arm] & ~lost[:, other]).sum(axis=1)
            only_other = (lost[:, other] & ~lost[:, arm]).sum(axis=1)
            p_mcnemar = fair_coin_p(only_arm, only_other)
            can_answer = 2 * 0.5 ** (only_arm + only_other) <= ALPHA
            below = (filled[:, at] < 0).sum(axis=1) + only_other
            above = (filled[:, at] > 0).sum(axis=1) + only_arm
            won, given = np.where(mean[:, at] < 0, below, above), np.where(mean[:, at] < 0, above, below)
            p_seeds = np.where(won > given, fair_coin_p(won, given), 1)
            excess[:, at] = only_arm - only_other
            even[:, at] = np.abs(excess[:, at]) <= 0.1 * look
            stands[:, at] = (p_seeds <= alpha) & ~(can_answer & (p_mcnemar <= ALPHA))
            p_divergence[:, at] = np.where(can_answer, p_mcnemar, np.inf)
    return Seen(k, mean, variance, excess, even, stands, p_divergence)


def guarded_spread(k: Array, variance: Array, pairs: Flags, borrow: int, lenders: float = 1.0) -> tuple[Array, Array]:
    """The variance that each comparison is tested with, and its degrees of freedom: its own, blended with that of all
    pairs of the study, and never below its own. Nothing is borrowed with few seeds, or without another pair."""
    own_df = np.maximum(k - 1, 0)
    counted = np.where(pairs & (k >= 2), own_df, 0)
    total = counted.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (counted * np.where(counted > 0, variance, 0)).sum(axis=1, keepdims=True) / total
        borrowed = np.where(pairs & (k >= BORROW_FROM), np.minimum(borrow, (total - counted) / lenders), 0)
        df = own_df + borrowed
        blended = (borrowed * np.where(borrowed > 0, pooled, 0) + own_df * variance) / df
    return np.where(borrowed > 0, np.maximum(variance, blended), variance), df


def t_tests(mean: Array, variance: Array, df: Array, two_sided_equivalence: bool) -> tuple[Array, Array]:
    """p of no effect, and p of an effect outside the margin; 1 where there is nothing to test."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(variance)
        differs = 2 * special.stdtr(df, -np.abs(mean) / error)
        outside = special.stdtr(df, (np.abs(mean) - MARGIN) / error)
    outside = np.minimum(1, 2 * outside) if two_sided_equivalence else outside
    return np.nan_to_num(differs, nan=1.0), np.nan_to_num(outside, nan=1.0)


def fair_coin_p(heads: Codes, tails: Codes) -> Array:
    """Two-sided p of heads and tails being equally likely."""
    total = heads + tails
    p = 2 * special.bdtr(np.minimum(heads, tails).astype(float), np.maximum(total, 1), 0.5)
    return np.where(total > 0, np.minimum(1, p), 1.0)


def holm(p: Array) -> Array:
    """Adjusted p-values by study (Holm 1979). All comparisons count, at every look, whether or not one has a test."""
    order = np.argsort(p, axis=1)
    steps = np.arange(p.shape[1], 0, -1)
    ascending = np.maximum.accumulate(np.minimum(1, np.take_along_axis(p, order, axis=1) * steps), axis=1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, ascending, axis=1)
    return adjusted


def jointly(p: Array, still: float) -> Array:
    """Adjusted p-values of differences and of equivalences [2 studies comparisons], so that all verdicts of a study
    together are wrong as seldom as stated.

    Of one comparison only one verdict can be false: "differs" if there is no effect, "no difference" if it is as large
    as the margin. The latter errs at half of its two-sided p. So a comparison takes one part of alpha, half a part
    once it is known to differ, and none once it is also known to be within the margin (Goeman and Solari 2010).
    """
    _, studies, comparisons = p.shape
    flat = np.moveaxis(p, 0, 1).reshape(studies, -1)  # differences, then equivalences
    order = np.argsort(flat, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    first = rank[:, :comparisons] < rank[:, comparisons:]  # the difference is rejected before the equivalence
    freed = np.hstack([np.where(first, 1 - still, 1.0), np.where(first, still, 0.0)])
    in_order = np.take_along_axis(freed, order, axis=1)
    parts = comparisons - (np.cumsum(in_order, axis=1) - in_order)
    ascending = np.maximum.accumulate(np.minimum(1, np.take_along_axis(flat, order, axis=1) * parts), axis=1)
    adjusted = np.empty_like(flat)
    np.put_along_axis(adjusted, order, ascending, axis=1)
    return np.moveaxis(adjusted.reshape(studies, 2, comparisons), 1, 0)


def findings(p_differs: Array, p_same: Array, side: Array, by_divergence: Flags, seen: Seen) -> Codes:
    """The verdicts that these adjusted p-values give. Scores against divergence give none unless they stand; nor does a
    side that the present mean has left again."""
    differs = p_differs <= ALPHA
    against = np.where(side < 0, seen.excess > 0, seen.excess < 0)
    stands = (np.sign(seen.mean) == side) & (~against | seen.stands)
    by_score = np.where(stands, side, OPEN)
    found = np.where(by_divergence, np.where(seen.excess < 0, HELPS, HURTS), by_score)
    same = np.where((p_same <= ALPHA) & seen.even, SAME, OPEN)
    return np.where(differs, found, same).astype(np.int64)


def chances(
    mean: Array, variance: Array, k: Array, df: Array, undecided: Flags, asked: Flags, schedule: Schedule, at: int
) -> Array:
    """The predicted chance that a comparison has a verdict at any later look; 1 where it is not asked for."""
    found = np.ones(mean.shape)
    ready = asked & (df > 0) & np.isfinite(variance) & (variance > 0)
    rest = np.broadcast_to(undecided.sum(axis=1, keepdims=True), mean.shape)
    keys, group = np.unique(np.stack([k[ready], df[ready], rest[ready]]), axis=1, return_inverse=True)
    sd = np.sqrt(variance[ready])
    results = np.ones(sd.shape)
    for index, (seeds, freedom, others) in enumerate(keys.T):
        members = np.flatnonzero(group.ravel() == index)
        added = np.array(schedule.looks[at + 1 :]) - schedule.looks[at]
        levels = ALPHA * np.array(schedule.shares[at + 1 :]) / others
        results[members] = chance_of(
            mean[ready][members] / sd[members], MARGIN / sd[members], seeds, freedom, added, freedom + added, levels
        )
    found[ready] = results
    return found


def chance_of(
    effect: Array, margin: Array, k: float, df: float, added: NDArray[np.int64], later_df: Array, levels: Array
) -> Array:
    """The chance of a verdict at later looks, for effects and margins in units of the spread of one seed's value.

    The true effect is drawn around the estimate, then the seeds to come; the spread is taken for known, which leaves
    the future mean as the present one plus a number that is drawn once for all comparisons.
    """
    uniform, normal = _draws(len(added))
    total = k + added
    steps = np.diff(added, prepend=0)
    noise = np.cumsum(normal * np.sqrt(steps), axis=1)
    shift = ((special.stdtrit(df, uniform)[:, None] * added / np.sqrt(k) + noise) / total).astype(np.float32)
    reach = special.stdtrit(later_df, 1 - levels / 2) / np.sqrt(total)
    chance = np.empty(len(effect))
    for start in range(0, len(effect), 2000):
        part = slice(start, start + 2000)
        hit = np.zeros((len(effect[part]), DRAWS), dtype=bool)
        for later in range(len(added)):
            away = np.abs(effect[part, None].astype(np.float32) + shift[:, later])
            hit |= away >= np.float32(reach[later])
            hit |= away <= (margin[part, None] - reach[later]).astype(np.float32)
        chance[part] = hit.mean(axis=1)
    return chance


@functools.cache
def _draws(later: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.random(DRAWS), rng.normal(size=(DRAWS, later))


def fixed(seeds: int) -> Policy:
    """The rule before looks: one test at these seeds, each comparison with its own spread."""
    return Policy(Schedule((seeds,), (1.0,)), borrow=0, hopeless=0, stop="never", two_sided_equivalence=False)


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
