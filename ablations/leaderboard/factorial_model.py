"""From a factorial study's runs to the statistics' model of them."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ablations.results.results import METRIC, Result
from ablations.statistics import Factor, Observation, Rule
from ablations.statistics.factorial import FactorialEstimates, estimate_factorial
from ablations.study.claims.measures import Of
from ablations.study.setting_text import OFF, ON


@dataclass(frozen=True)
class FactorialRuns:
    """The runs of a factorial study that count: those with a score, and those that diverged."""

    observations: tuple[Observation, ...]
    factors: tuple[Factor, ...]

    def at(self, seeds: Collection[int], rule: Rule) -> FactorialEstimates:
        """The model of the runs of these seeds."""
        within = [one for one in self.observations if one.seed in seeds]
        varied = [f for f in self.factors if len({one.levels[f.name] for one in within}) > 1]
        return estimate_factorial(within, varied, rule)


def factorial_runs(results: Sequence[Result], of: Of) -> FactorialRuns:
    """The runs by the factors that are off in some of them and on in others.

    A run that has neither a score nor diverged is left out.
    """
    names = list(dict.fromkeys(name for result in results for name in result.factors))
    observations = tuple(one for result in results if (one := _observation(result, names, of)) is not None)
    varied = [name for name in names if len({observation.levels[name] for observation in observations}) > 1]
    return FactorialRuns(observations, tuple(Factor(name, (OFF, ON)) for name in varied))


def _observation(result: Result, names: Sequence[str], of: Of) -> Observation | None:
    levels = {name: OFF if result.factors.get(name, OFF) == OFF else ON for name in names}
    if result.status == "diverged":
        return Observation(levels, result.seed, None)
    score = result.score(METRIC, of) if result.status == "finished" else None
    if score is None or (score.value <= 0 and math.isfinite(score.value)):
        return None
    if not math.isfinite(score.value):
        return Observation(levels, result.seed, None)  # it counts as diverged
    return Observation(levels, result.seed, score.value, result.summary.outcome)
