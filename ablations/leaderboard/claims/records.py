"""The answer to a claim, as plain numbers and words. Drawn elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ablations.statistics import Estimate, Rule
from ablations.study.claims.records import Claim

Outcome = Literal["supported", "refuted", "can't tell", "not tested"]


@dataclass(frozen=True)
class Seen:
    """What was measured, left against right: a ratio where the rule's scale is `log`, else a difference.

    For two effects it is the ratio of their ratios (or the difference of their differences). `by_seed` is empty where
    runs are not in pairs. `none`: the range that counts as no difference, in the same unit.
    """

    shown: Estimate
    by_seed: Mapping[int, float]
    none: tuple[float, float]
    detectable: float  # the smallest that would most likely have been found: a ratio above 1, or a difference
    seeds_needed: int | None  # to find what was seen; None: not known, or more than 1000
    level: float = 0.95  # confidence of the interval, which allows for all looks and all questions of the study


@dataclass(frozen=True)
class Counts:
    """In how many seeds it went wrong on the left and on the right, among those where both have ended."""

    left: int
    right: int
    seeds: int


@dataclass(frozen=True)
class AnsweredClaim:
    """A claim, the study's answer, and why. `rule` is that of the claim's metric.

    p-values are adjusted for all looks and all questions of the study; NaN where there are too few seeds, or nothing
    was tested. `look`: the number of the look that the answer is from.
    """

    claim: Claim
    rule: Rule
    outcome: Outcome
    reason: str
    p_adjusted: float
    p_equivalence_adjusted: float
    seen: Seen | None = None
    counts: Counts | None = None
    notes: tuple[str, ...] = ()
    look: int | None = None
