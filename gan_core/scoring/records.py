"""The results of scoring as plain records: they are printed, kept in files, and read without computing anything."""

from typing import Literal

from pydantic import ConfigDict, Field

from gan_core.events import Score, score_by
from gan_core.records import Record

SCHEMA_VERSION = 1
Kind = Literal["run", "weights", "images"]


class Kept(Record):
    """A record for a file: NaN survives, and whole numbers may stand for floats."""

    model_config = ConfigDict(allow_inf_nan=True, strict=False, ser_json_inf_nan="strings")


class SeedScores(Kept):
    """The scores of one generator on the latents of one evaluation seed; seed 0 has those of training's scores."""

    seed: int
    scores: tuple[Score, ...]
    diversity: dict[str, float] = Field({}, description="see gan_core.evaluation.diversity")


class Evaluation(Kept):
    """The result of `evaluate`: the scores of a run's generator, of weights, or of a folder of pictures."""

    subject: str = Field(description="absolute path of what was scored")
    kind: Kind
    what: str = Field(description="what was scored, for people")
    n: int = Field(description="images scored, for each evaluation seed")
    notes: tuple[str, ...] = Field((), description="what a reader must know of how the scores came about")
    scored: tuple[SeedScores, ...]
    seconds: float
    time: float = Field(description="Unix time, s")

    @property
    def scores(self) -> tuple[Score, ...]:
        """The scores under the first evaluation seed."""
        return self.scored[0].scores

    def values(self, metric: str) -> list[float]:
        """The value of the metric under each evaluation seed."""
        found = (score_by(metric, each.scores) for each in self.scored)
        return [score.value for score in found if score is not None]


class Floor(Kept):
    """The score of images that no G made, so that a reader can place a number.

    'real': images of the same data that are not in the reference, as good as scores get; 'noise': uniform noise.
    """

    kind: Literal["real", "noise"]
    name: str
    what: str = Field(description="which images, for people")
    n: int = Field(description="images scored")
    of: dict[str, str] = Field(description="metric -> stamp of the scores that this floor is for")
    scores: tuple[Score, ...] = Field(description="as measured; of another stamp where there were fewer images")

    def score(self, metric: str) -> Score | None:
        """The score by this metric; None where it was not measured."""
        return score_by(metric, self.scores)

    def value(self, metric: str) -> float | None:
        """The value by this metric; None where it was not measured."""
        score = self.score(metric)
        return None if score is None else score.value

    def same_protocol(self, metric: str) -> bool:
        """Whether it was measured exactly as the scores that it is shown next to."""
        score = self.score(metric)
        return score is not None and score.stamp == self.of.get(metric)
