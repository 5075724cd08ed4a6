"""What a study asks beside its ranking: the rule of its verdicts, and its claims."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ablations.leaderboard.records import UnrankedEntry
from ablations.results.results import METRIC
from ablations.results.summary import ScoreSummary
from ablations.statistics import Rule
from ablations.study.claims.records import Claim
from ablations.study.record import StudyRecord
from ablations.workspace.external_scores import ExternalScore, read_external
from ablations.workspace.floors import read_floors
from ablations.workspace.workspace import Workspace
from gan_core.events import Score
from gan_core.scoring.records import Floor, Kept


@dataclass(frozen=True)
class Asked:
    """Of one study."""

    rule: Rule = field(default_factory=Rule)
    claims: tuple[Claim, ...] = ()
    record: StudyRecord | None = None  # the whole study, where it is known: what its design is made to show


AskedBy = Mapping[str, Asked]  # by study


def read_asked(root: Path) -> Asked:
    """What the study in this folder asks; nothing, where it holds trials alone.

    Raises UserError where its record can't be read.
    """
    workspace = Workspace(root)
    if not workspace.study_json.exists():
        return Asked()
    record = workspace.record()
    return asked_in(record)


def asked_in(record: StudyRecord) -> Asked:
    """What the study of this record asks."""
    return Asked(record.rule, record.claims, record)


SCHEMA_VERSION = 1


class Beside(Kept):
    """Of one study: what it is, with rule and claims, its floors, and what was scored and not trained there.

    `study`: None where the folder holds trials alone.
    """

    schema_version: int = SCHEMA_VERSION
    study: StudyRecord | None
    floors: tuple[Floor, ...]
    foreign: tuple[ExternalScore, ...]

    @property
    def asked(self) -> Asked:
        """What the study asks beside its ranking."""
        return Asked() if self.study is None else asked_in(self.study)

    @property
    def entries(self) -> tuple[UnrankedEntry, ...]:
        """What stands on its leaderboard and is no arm."""
        return entries_of(self.foreign, self.floors)


def read_beside(root: Path) -> Beside:
    """Of the study in this folder, as it is now. Raises UserError for files that this program has not written."""
    return Beside(study=read_asked(root).record, floors=read_floors(root), foreign=read_external(root))


def read_entries(root: Path) -> tuple[UnrankedEntry, ...]:
    """Those in a study's folder, as far as they have a FID; nothing is computed."""
    return entries_of(read_external(root), read_floors(root))


def entries_of(elsewhere: Iterable[ExternalScore], floors: Iterable[Floor]) -> tuple[UnrankedEntry, ...]:
    """These, as far as they have a FID."""
    return tuple(_entries(elsewhere, floors))


def _entries(elsewhere: Iterable[ExternalScore], floors: Iterable[Floor]) -> Iterator[UnrankedEntry]:
    for foreign in elsewhere:
        if METRIC in (scores := _summaries(foreign.scores)):
            evaluation = foreign.evaluation
            stamp = scores[METRIC].stamp
            yield UnrankedEntry(None, "elsewhere", foreign.name, evaluation.what, evaluation.n, stamp, scores)
    for floor in floors:
        if METRIC in (scores := _summaries(floor.scores)) and METRIC in floor.of:
            yield UnrankedEntry(None, "floor", floor.name, floor.what, floor.n, floor.of[METRIC], scores)


def _summaries(scores: Iterable[Score]) -> dict[str, ScoreSummary]:
    return {score.metric: ScoreSummary.of(score) for score in scores}
