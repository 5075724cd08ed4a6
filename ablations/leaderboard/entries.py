"""What stands on a study's leaderboard and is no arm of it: scores kept with `evaluate --as`, and floors."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ablations.floors_file import read_floors
from ablations.foreign import Foreign, read_foreign
from ablations.leaderboard.records import METRIC, Entry
from ablations.summary import ScoreSummary
from gan_core.events import Score
from gan_core.scoring.records import Floor


def read_entries(root: Path) -> tuple[Entry, ...]:
    """Those in a study's folder, as far as they have a FID; nothing is computed."""
    return entries_of(read_foreign(root), read_floors(root))


def entries_of(elsewhere: Iterable[Foreign], floors: Iterable[Floor]) -> tuple[Entry, ...]:
    """These, as far as they have a FID."""
    return tuple(_entries(elsewhere, floors))


def _entries(elsewhere: Iterable[Foreign], floors: Iterable[Floor]) -> Iterator[Entry]:
    for foreign in elsewhere:
        if METRIC in (scores := _summaries(foreign.scores)):
            evaluation = foreign.evaluation
            stamp = scores[METRIC].stamp
            yield Entry(None, "elsewhere", foreign.name, evaluation.what, evaluation.n, stamp, scores)
    for floor in floors:
        if METRIC in (scores := _summaries(floor.scores)) and METRIC in floor.of:
            yield Entry(None, "floor", floor.name, floor.what, floor.n, floor.of[METRIC], scores)


def _summaries(scores: Iterable[Score]) -> dict[str, ScoreSummary]:
    return {score.metric: ScoreSummary.of(score) for score in scores}
