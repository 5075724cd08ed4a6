"""What stands on a study's leaderboard and is no arm of it: scores kept with `evaluate --as`, and floors."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ablations.floors_file import read_floors
from ablations.foreign import read_foreign
from ablations.leaderboard.records import METRIC, Entry
from ablations.summary import ScoreSummary
from gan_core.events import Score


def read_entries(root: Path) -> tuple[Entry, ...]:
    """Those in a study's folder, as far as they have a FID; nothing is computed."""
    return tuple(_read(root))


def _read(root: Path) -> Iterator[Entry]:
    for foreign in read_foreign(root):
        if METRIC in (scores := _summaries(foreign.scores)):
            evaluation = foreign.evaluation
            stamp = scores[METRIC].stamp
            yield Entry(None, "elsewhere", foreign.name, evaluation.what, evaluation.n, stamp, scores)
    for floor in read_floors(root):
        if METRIC in (scores := _summaries(floor.scores)) and METRIC in floor.of:
            yield Entry(None, "floor", floor.name, floor.what, floor.n, floor.of[METRIC], scores)


def _summaries(scores: Iterable[Score]) -> dict[str, ScoreSummary]:
    return {score.metric: ScoreSummary.of(score) for score in scores}
