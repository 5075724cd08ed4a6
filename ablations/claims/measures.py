"""What a claim may be about: scores, how soon the best came, how long it took, and how often a run goes wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import Literal, get_args

from ablations.results import Result
from ablations.statistics import ArmScores, Rule
from ablations.statistics.rule import Scale
from ablations.summary import Of
from gan_core.evaluation.names import BETTER
from gan_core.verdict import Kind

Sort = Literal["score", "run", "count"]
RATIOS = ("fid", "is")  # scores that are above 0 always; others are compared by differences
SCORED = 1.0  # of a run that did not go wrong, where only that counts


@dataclass(frozen=True)
class Measure:
    """One number a run, or for a 'count' whether it went wrong. `value` is None where a finished run has none."""

    name: str
    meaning: str
    sort: Sort
    scale: Scale
    lower_is_better: bool
    value: Callable[[Result, Of], float | None]

    def rule(self, rule: Rule) -> Rule:
        """The study's rule, on this measure's scale and with its direction; that for the FID is the study's own."""
        if self.name == "fid":
            return rule
        return rule.model_copy(update={"scale": self.scale, "lower_is_better": self.lower_is_better})


def _score(name: str) -> Measure:
    scale: Scale = "log" if name in RATIOS else "plain"
    return Measure(name, "the score", "score", scale, BETTER[name] == "lower", lambda r, of: _value(r, name, of))


def _value(result: Result, metric: str, of: Of) -> float | None:
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
    """1 for a run of which one of these became, 0 for another; None where nobody can tell."""

    def value(result: Result, of: Of) -> float | None:
        kind = result.summary.run_verdict
        return None if kind is None or kind == "can't tell" else float(kind in kinds)

    return value


_WRONG = tuple(kind for kind in get_args(Kind) if kind not in ("healthy", "can't tell"))
_COUNTS = {kind: (kind,) for kind in _WRONG if kind != "diverged"} | {"unhealthy": _WRONG}
_DIVERGED = Measure(
    "diverged", "runs that met NaN or infinity", "count", "plain", True, lambda r, of: float(r.status == "diverged")
)
_ordered = (
    *map(_score, BETTER),
    Measure("kimg_to_best", "thousands of images until the best generator was there", "run", "log", True, _kimg),
    Measure("seconds_to_best", "wall seconds until then", "run", "log", True, _seconds_to_best),
    Measure("seconds", "wall seconds of the run, but for its scores", "run", "log", True, _seconds),
    _DIVERGED,
    *(
        Measure(name, "runs judged to be so", "count", "plain", True, _went(*kinds))
        for name, kinds in sorted(_COUNTS.items())
    ),
)
MEASURES: Mapping[str, Measure] = MappingProxyType({measure.name: measure for measure in _ordered})


def arm_scores(arm: str, trials: Sequence[Result], measure: Measure, of: Of, rule: Rule) -> ArmScores:
    """The arm's values by seed, and its diverged seeds; of a 'count', the seeds that went wrong in their place.

    A number that the rule's scale has no place for is left out.
    """
    if measure.sort == "count":
        ended = [(t.seed, measure.value(t, of)) for t in trials if t.status in ("finished", "diverged")]
        wrong = frozenset(seed for seed, value in ended if value == 1)
        return ArmScores(arm, {seed: SCORED for seed, value in ended if value == 0}, wrong)
    values = {t.seed: measure.value(t, of) for t in trials if t.status == "finished"}
    usable = {
        seed: value
        for seed, value in values.items()
        if value is not None and isfinite(value) and (rule.scale == "plain" or value > 0)
    }
    return ArmScores(arm, usable, frozenset(t.seed for t in trials if t.status == "diverged"))
