"""How far the scores of one arm's training seeds are apart, to compare the noise of an evaluation with."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import stdev

from scipy import special

from ablations.statistics import Estimate, estimate
from ablations.workspace.trial_record import RECORD, read_trial_record, recorded_folders
from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Score


@dataclass(frozen=True)
class TrainingSpread:
    """The scores of an arm's seeds under one protocol. `estimate.sd` is NaN with a single seed."""

    study: str
    arm: str
    seeds: tuple[int, ...]
    estimate: Estimate


def training_spread(run: Path, of: str, score: Score) -> TrainingSpread | None:
    """The spread over the seeds of the run's arm, for the generators `of` ('best', 'last') with the score's stamp.

    None where the run belongs to no study, or no seed has such a score.
    """
    if not (run / RECORD).is_file():
        return None
    own = read_trial_record(run)
    values: dict[int, float] = {}
    for directory in recorded_folders(run.absolute().parent):
        record = read_trial_record(directory)
        if (record.study, record.arm) == (own.study, own.arm):
            for value in _values(directory, of, score):
                values[record.seed] = value
    if not values:
        return None
    seeds = tuple(sorted(values))
    return TrainingSpread(own.study, own.arm, seeds, estimate([values[seed] for seed in seeds]))


def _values(directory: Path, of: str, like: Score) -> Iterator[float]:
    for event in journal.read(directory):
        if isinstance(event, Evaluated) and event.of == of:
            yield from (score.value for score in event.scores if score.stamp == like.stamp)


QUANTILE = 0.975


@dataclass(frozen=True)
class ScoreDifference:
    """One score of the best or the last generator, then and now.

    `noise`: the difference that noise explains; None: not known.
    """

    of: str
    name: str
    recorded: float
    again: float
    noise: float | None
    seeds: int  # that the noise is known from

    @property
    def difference(self) -> float:
        return self.again - self.recorded


def score_differences(directory: Path, then: Sequence[AnyEvent], now: Sequence[AnyEvent]) -> Iterator[ScoreDifference]:
    """The full scores that both runs have; the other seeds are in the folders next to `directory`."""
    again, others = _full(now), [_full(journal.read(folder)) for folder in _other_seeds(directory)]
    for key, score in _full(then).items():
        if key in again:
            values = [full[key].value for full in others if key in full and full[key].stamp == score.stamp]
            yield ScoreDifference(key[0], score.name, score.value, again[key].value, _noise(values), len(values))


def _full(events: Sequence[AnyEvent]) -> Mapping[tuple[str, str], Score]:
    """The full scores, by generator ('best', 'last') and metric."""
    full = [event for event in events if isinstance(event, Evaluated) and event.of != "progress"]
    return {(event.of, score.metric): score for event in full for score in event.scores}


def _other_seeds(directory: Path) -> Iterator[Path]:
    own = read_trial_record(directory)
    for folder in recorded_folders(directory.absolute().parent):
        record = read_trial_record(folder)
        if (record.study, record.arm) == (own.study, own.arm) and record.seed != own.seed:
            yield folder


def _noise(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    return float(special.stdtrit(len(values) - 1, QUANTILE)) * math.sqrt(2) * stdev(values)
