"""FID on the way against images and against seconds, over seeds: numbers only, `figures/curves.py` draws them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, geometric_mean

from ablations.report.sections.run_facts import ProgressScore, RunFacts

MOST_POINTS = 40  # of a curve: more are no more to see


@dataclass(frozen=True)
class CurvePoint:
    """One moment that several seeds reached."""

    kimg: float
    seconds: float  # mean over the seeds
    fid: float  # geometric mean over the seeds
    low: float  # lowest and highest of them
    high: float
    seeds: int


@dataclass(frozen=True)
class Curve:
    """The curve of one arm; `seeds` runs began it, and a point may have fewer, namely those that came so far."""

    arm: str
    seeds: int
    score: str  # name of the scores on the way
    points: tuple[CurvePoint, ...]


def curve_of(arm: str, runs: Sequence[RunFacts]) -> Curve | None:
    """The curve over an arm's runs; None where none has a score on the way.

    A FID that is not finite or has no logarithm is left out. Of many moments at most MOST_POINTS are kept, evenly
    spaced, including the last.
    """
    by_images: dict[int, list[ProgressScore]] = {}
    for run in runs:
        for moment in run.progress:
            if math.isfinite(moment.fid) and moment.fid > 0:
                by_images.setdefault(moment.images, []).append(moment)
    points = [_point(images, moments) for images, moments in sorted(by_images.items())]
    if not points:
        return None
    with_scores = [run for run in runs if run.progress]
    return Curve(arm, len(with_scores), with_scores[0].progress_score, tuple(_thinned(points)))


def _point(images: int, moments: Sequence[ProgressScore]) -> CurvePoint:
    fids = [moment.fid for moment in moments]
    seconds = fmean(moment.seconds for moment in moments)
    return CurvePoint(images / 1000, seconds, geometric_mean(fids), min(fids), max(fids), len(fids))


def _thinned(points: Sequence[CurvePoint]) -> Sequence[CurvePoint]:
    if len(points) <= MOST_POINTS:
        return points
    last = len(points) - 1
    return [points[round(i * last / (MOST_POINTS - 1))] for i in range(MOST_POINTS)]
