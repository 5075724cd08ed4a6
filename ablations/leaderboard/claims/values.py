"""What a claim compares, read from results: one number a run, by the name of the measure."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isfinite
from types import MappingProxyType

from ablations.leaderboard.rows import runs_of
from ablations.results.results import Result
from ablations.statistics import ArmScores, Rule
from ablations.study.claims.measures import COUNTS, Measure, Of

OF_TIME = ("seconds_to_best", "seconds")
SCORED = 1.0  # of a run that did not go wrong, where only that counts


def _value(result: Result, of: Of, metric: str) -> float | None:
    score = result.score(metric, of)
    return None if score is None else score.value


def _kimg(result: Result, of: Of) -> float | None:
    best = result.generator("best")
    return None if best is None else best.kimg


def _seconds_to_best(result: Result, of: Of) -> float | None:
    best = result.generator("best")
    return None if best is None else best.seconds


def _seconds(result: Result, of: Of) -> float | None:
    summary = result.summary
    if summary.wall_s is None or summary.evaluation_s is None:
        return None
    return summary.wall_s - summary.evaluation_s


def _went(*kinds: str) -> Callable[[Result, Of], float | None]:
    """1 for a run with one of these outcomes, 0 for another; None where the outcome is not known."""

    def value(result: Result, of: Of) -> float | None:
        kind = result.summary.run_verdict
        return None if kind is None or kind == "can't tell" else float(kind in kinds)

    return value


VALUES: Mapping[str, Callable[[Result, Of], float | None]] = MappingProxyType(
    {
        "kimg_to_best": _kimg,
        "seconds_to_best": _seconds_to_best,
        "seconds": _seconds,
        "diverged": lambda result, of: float(result.status == "diverged"),
        **{name: _went(*kinds) for name, kinds in COUNTS.items()},
    }
)


def _value_of(measure: Measure) -> Callable[[Result, Of], float | None]:
    return partial(_value, metric=measure.name) if measure.sort == "score" else VALUES[measure.name]


def arm_scores(arm: str, trials: Sequence[Result], measure: Measure, of: Of, rule: Rule) -> ArmScores:
    """The arm's values by seed, and its diverged seeds; of a 'count', the seeds that went wrong in their place.

    A score of a finished run that is not finite counts as diverged. A number that has no place on the rule's scale is
    left out.
    """
    value = _value_of(measure)
    if measure.sort == "count":
        ended = [(t.seed, value(t, of)) for t in trials if t.status in ("finished", "diverged")]
        wrong = frozenset(seed for seed, value in ended if value == 1)
        return ArmScores(arm, {seed: SCORED for seed, value in ended if value == 0}, wrong, _runs(trials, measure))
    values = {t.seed: value(t, of) for t in trials if t.status == "finished"}
    usable = {
        seed: value
        for seed, value in values.items()
        if value is not None and isfinite(value) and (rule.scale == "plain" or value > 0)
    }
    diverged = frozenset(t.seed for t in trials if t.status == "diverged")
    diverged |= {seed for seed, value in values.items() if value is not None and not isfinite(value)}
    return ArmScores(arm, usable, diverged, _runs(trials, measure))


def _runs(trials: Sequence[Result], measure: Measure) -> dict[int, str]:
    """What bit-identical runs have in common; nothing where it is about time, which they may take more or less of."""
    return {} if measure.name in OF_TIME else runs_of(trials)
