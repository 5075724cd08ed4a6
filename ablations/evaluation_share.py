"""How much of the time that trials took was spent on scoring them."""

import math
from collections.abc import Iterable

from ablations.results import Result

TARGET = 0.1  # scores should cost no more than this share


def evaluation_share(results: Iterable[Result]) -> float:
    """Evaluation's share of the wall time of the trials that have ended and say so; NaN where none does."""
    summaries = [result.summary for result in results]
    told = [(s.evaluation_s, s.wall_s) for s in summaries if s.evaluation_s is not None and s.wall_s is not None]
    wall_s = sum(wall for _, wall in told)
    return sum(evaluation for evaluation, _ in told) / wall_s if wall_s > 0 else math.nan


def says_share(share: float) -> str:
    """The share in words, with what would lower it where it is large; '' where it is not known."""
    if math.isnan(share):
        return ""
    advice = "; fewer progress_evaluations, progress_samples or full_samples would lower it" if share > TARGET else ""
    return f"evaluation took {100 * share:.0f} % of the training's wall time{advice}"
