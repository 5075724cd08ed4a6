"""The scores of one trial that was trained twice, beside the noise over the other seeds of its arm.

A run that is as good as another seed is not told from it. Two runs differ by sqrt(2) times the spread over seeds, so a
score may be off by t * sqrt(2) * sd, with the 97.5 % quantile of Student's t for as many degrees of freedom as sd has.
The seed in question has no part in sd: a record that is wrong would hide in the spread that it makes itself.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import stdev

from scipy.stats import t as student

from ablations.trial_record import RECORD, read_record
from gan_core import journal
from gan_core.events import AnyEvent, Evaluated, Score

QUANTILE = 0.975


@dataclass(frozen=True)
class ScoreDifference:
    """One score of the best or the last generator, then and now. `noise`: what it may be off by; None: not known."""

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
    """The full scores that both runs have; the other seeds lie beside `directory`."""
    again, others = _full(now), [_full(journal.read(folder)) for folder in _other_seeds(directory)]
    for key, score in _full(then).items():
        if key in again:
            values = [full[key].value for full in others if key in full and full[key].stamp == score.stamp]
            yield ScoreDifference(key[0], score.name, score.value, again[key].value, _noise(values), len(values))


def _full(events: Sequence[AnyEvent]) -> Mapping[tuple[str, str], Score]:
    """By generator ('best', 'last') and metric."""
    full = [event for event in events if isinstance(event, Evaluated) and event.of != "progress"]
    return {(event.of, score.metric): score for event in full for score in event.scores}


def _other_seeds(directory: Path) -> Iterator[Path]:
    own = read_record(directory)
    for folder in sorted(path.parent for path in directory.absolute().parent.glob(f"*/{RECORD}")):
        record = read_record(folder)
        if (record.study, record.arm) == (own.study, own.arm) and record.seed != own.seed:
            yield folder


def _noise(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    return float(student.ppf(QUANTILE, len(values) - 1)) * math.sqrt(2) * stdev(values)
