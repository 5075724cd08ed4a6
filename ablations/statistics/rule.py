"""The rule of a study's verdicts: one record for all its comparisons, stated before any result is seen."""

import math
from typing import Literal

from pydantic import Field

from gan_core.records import Record

Scale = Literal["log", "plain"]
LARGEST_LOG = 700.0  # of a float


class Rule(Record):
    """How scores are compared. The defaults are for FID.

    On the scale `log` an effect is a difference of logarithms, so a ratio of scores, and its average over seeds is a
    geometric mean. On `plain` it is a difference in the metric's own units, for metrics that may be 0 or negative.
    """

    scale: Scale = Field("log", description="compare ratios of scores (log), or differences (plain)")
    lower_is_better: bool = Field(True, description="as for FID and KID; false for the Inception score")
    margin: float = Field(0.1, gt=0, lt=1, description="a difference below this part of the baseline's score is none")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="of all intervals of a study together; 1 - this is alpha")
    borrow: int = Field(4, ge=0, le=20, description="degrees of freedom that a comparison's spread takes from others")
    hopeless: float = Field(0.1, ge=0, lt=1, description="an arm with less chance of a verdict stops; 0: none does")
    power: float = Field(0.8, ge=0.5, lt=1, description="with which a difference counts as one that could be shown")

    @property
    def alpha(self) -> float:
        """The share of studies without any effect that may claim one."""
        return round(1 - self.confidence, 12)

    @property
    def alpha_percent(self) -> str:
        """Alpha in words: '5 %'."""
        return _percent(self.alpha)

    @property
    def confidence_percent(self) -> str:
        """The confidence in words: '95 %'."""
        return _percent(self.confidence)

    @property
    def margin_percent(self) -> str:
        """The margin in words: '10 %'; '2.5 %' for 0.025."""
        return _percent(self.margin)

    def transform(self, score: float) -> float:
        """A score on the rule's scale. Raises ValueError for one that is not finite or has no logarithm."""
        if not math.isfinite(score):
            raise ValueError(f"{score} is no score: a run without one belongs among the diverged")
        if self.scale == "plain":
            return score
        if score <= 0:
            raise ValueError(f"{score} has no logarithm: compare this metric on the scale 'plain'")
        return math.log(score)

    def margin_around(self, baseline_mean: float) -> float:
        """The margin on the rule's scale, to both sides of 0; `baseline_mean` is in the metric's units."""
        return math.log1p(self.margin) if self.scale == "log" else self.margin * abs(baseline_mean)

    def shown(self, effect: float) -> float:
        """An effect for people: the ratio of scores on `log`, the difference in the metric's units on `plain`."""
        if self.scale == "plain":
            return effect
        return math.inf if effect > LARGEST_LOG else math.exp(effect)


def _percent(part: float) -> str:
    return f"{100 * part:g} %"
