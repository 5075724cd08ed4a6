"""What one interval says by itself, without the study's other comparisons: see `verdict.py` for the rule of a study."""

from typing import Literal

from ablations.statistics.estimate import Estimate

Verdict = Literal["better", "worse", "can't tell", "baseline"]


def verdict_of(difference: Estimate) -> Verdict:
    """What a paired difference of FID (lower is better) shows: its interval lies below 0, above it, or neither.

    At 95 % one arm in twenty that does nothing is called better or worse; with many arms, expect some.
    """
    if difference.high < 0:
        return "better"
    if difference.low > 0:
        return "worse"
    return "can't tell"
