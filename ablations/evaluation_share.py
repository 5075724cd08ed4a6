"""How much of the time that trials took was spent on scoring them."""

import pandas as pd

TARGET = 0.1  # scores should cost no more than this share


def evaluation_share(results: pd.DataFrame) -> float | None:
    """Evaluation's share of the wall time of the trials that have ended and say so; None where none does."""
    told = results.dropna(subset=["evaluation_s", "wall_s"])
    wall_s = float(told["wall_s"].sum())
    return float(told["evaluation_s"].sum()) / wall_s if wall_s > 0 else None


def says_evaluation(results: pd.DataFrame) -> str:
    """The share in words, with what would lower it where it is large; '' where it is not known."""
    share = evaluation_share(results)
    if share is None:
        return ""
    advice = "; fewer progress_evaluations, progress_samples or full_samples would lower it" if share > TARGET else ""
    return f"evaluation took {share:.0%} of the training's wall time{advice}"
