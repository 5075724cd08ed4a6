"""How far the scores of one arm's training seeds are apart, beside which the noise of an evaluation can be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ablations.statistics import Estimate, estimate
from ablations.trial_record import RECORD, read_record
from gan_core import journal
from gan_core.events import Evaluated, Score


@dataclass(frozen=True)
class TrainingSpread:
    """The scores of an arm's seeds under one protocol. `estimate.sd` is NaN with a single seed."""

    study: str
    arm: str
    seeds: tuple[int, ...]
    estimate: Estimate


def training_spread(run: Path, of: str, score: Score) -> TrainingSpread | None:
    """The spread over the seeds of the run's arm, of its generators `of` ('best', 'last') that have the score's stamp.

    None where the run belongs to no study, or no seed has such a score.
    """
    if not (run / RECORD).is_file():
        return None
    own = read_record(run)
    values: dict[int, float] = {}
    for directory in sorted(path.parent for path in run.absolute().parent.glob(f"*/{RECORD}")):
        record = read_record(directory)
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
