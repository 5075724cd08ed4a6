"""What a leaderboard needs of a study besides its trials: rule, claims, floors, scores from elsewhere."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ConfigDict, Field

from ablations.leaderboard.records import UnrankedEntry
from ablations.results.results import METRIC
from ablations.results.summary import ScoreSummary
from ablations.statistics import Looks, Rule
from ablations.study.claims.records import Claim
from ablations.study.record import StudyRecord
from ablations.workspace.external_scores import ExternalScore, read_external
from ablations.workspace.floors import read_floors
from ablations.workspace.looks_taken import LookTaken, read_looks_taken
from ablations.workspace.workspace import Workspace
from gan_core.events import Score
from gan_core.scoring.records import Floor, Kept

SCHEMA_VERSION = 1


class Context(Kept):
    """What a leaderboard needs of one study besides its trials, from the study's folder or from a tracking store.

    `study` is None where only trials are known: then the usual rule holds, and there are no claims. In JSON, which
    tracking stores keep, the external scores are called `foreign`.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    schema_version: int = SCHEMA_VERSION
    study: StudyRecord | None = None
    floors: tuple[Floor, ...] = ()
    external: tuple[ExternalScore, ...] = Field((), alias="foreign")
    taken: tuple[LookTaken, ...] = ()

    @property
    def rule(self) -> Rule:
        """The rule of the study's verdicts."""
        return Rule() if self.study is None else self.study.rule

    def looks_of(self, ended: Mapping[str, Collection[int]]) -> tuple[Looks, tuple[int, ...]]:
        """The study's looks and its seeds; of trials alone one look at as many seeds as there are."""
        if self.study is not None:
            return self.study.looks, self.study.seeds
        seeds = tuple(sorted({seed for own in ended.values() for seed in own}))
        return Looks.of_count(max(1, len(seeds))), seeds

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims that the study makes."""
        return () if self.study is None else self.study.claims

    @property
    def guard(self) -> Mapping[str, float]:
        """By metric the loss that the study accepts."""
        return {} if self.study is None else self.study.guard

    @property
    def entries(self) -> tuple[UnrankedEntry, ...]:
        """The lines of the leaderboard that are no arms: external scores and floors, as far as they have a FID."""
        return tuple(_entries(self.external, self.floors))


Contexts = Mapping[str, Context]  # by study


def read_context(root: Path) -> Context:
    """The context of the study in this folder, as it is now; nothing is computed.

    Raises UserError for files that this program has not written.
    """
    taken = read_looks_taken(root)
    return Context(study=read_study(root), floors=read_floors(root), external=read_external(root), taken=taken)


def read_study(root: Path) -> StudyRecord | None:
    """The record of the study in this folder, or None where it holds trials alone.

    Raises UserError where the record can't be read.
    """
    workspace = Workspace(root)
    return workspace.record() if workspace.study_json.exists() else None


def _entries(external: Iterable[ExternalScore], floors: Iterable[Floor]) -> Iterator[UnrankedEntry]:
    for score in external:
        if METRIC in (scores := _summaries(score.scores)):
            evaluation = score.evaluation
            stamp = scores[METRIC].stamp
            yield UnrankedEntry(None, "elsewhere", score.name, evaluation.what, evaluation.n, stamp, scores)
    yield from _floors(floors)


def _floors(floors: Iterable[Floor]) -> Iterable[UnrankedEntry]:
    """One entry for the same images, also where arms have different metrics and floors were measured for each list."""
    found: dict[tuple[str, ...], UnrankedEntry] = {}
    for floor in floors:
        if METRIC in (scores := _summaries(floor.scores)) and METRIC in floor.of:
            images = (floor.name, floor.what, floor.of[METRIC], scores[METRIC].stamp)
            known = found.get(images)
            scores |= {} if known is None else known.scores
            found[images] = UnrankedEntry(None, "floor", floor.name, floor.what, floor.n, floor.of[METRIC], scores)
    return found.values()


def _summaries(scores: Iterable[Score]) -> dict[str, ScoreSummary]:
    return {score.metric: ScoreSummary.of(score) for score in scores}
