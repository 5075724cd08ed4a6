"""The summary of a trial's journal: what a reader of many trials needs to know of each."""

import hashlib
import json
from collections.abc import Sequence
from typing import Literal

from pydantic import ConfigDict

from gan_core import verdict
from gan_core.events import AnyEvent, End, Evaluated, Finished, Score, Started, Ticked
from gan_core.records import Record

Status = End | Literal["unfinished"]


class _Numbers(Record):
    """Records whose numbers may be NaN or infinite, in JSON too."""

    model_config = ConfigDict(allow_inf_nan=True, strict=False, ser_json_inf_nan="strings")


class ScoreSummary(_Numbers):
    """A score with only the stamp of its protocol."""

    metric: str
    name: str
    value: float
    stamp: str
    error: float | None = None  # standard error of the value, of a metric that estimates it

    @classmethod
    def of(cls, score: Score) -> "ScoreSummary":
        """The summary of a score from a journal."""
        return cls(metric=score.metric, name=score.name, value=score.value, stamp=score.stamp, error=score.error)


class GeneratorSummary(_Numbers):
    """The scores of one generator, and when it was: thousands of images seen by D, wall seconds spent."""

    kimg: float
    seconds: float
    scores: tuple[ScoreSummary, ...]

    def score(self, metric: str) -> ScoreSummary | None:
        """Its score by this metric; None where it was not measured."""
        return next((score for score in self.scores if score.metric == metric), None)


class Summary(_Numbers):
    """A run according to its journal.

    None: not known, or not yet; `best` and `last`: the generators with full scores; `outcome`: a digest of a finished
    run's losses, gradient norms and scores, which bit-identical runs have in common. `ran_on`: the GPU's name, or the
    CPU's model; of a run that was interrupted and went on elsewhere 'A, then B'.
    """

    status: Status = "unfinished"
    inert: tuple[str, ...] | None = None
    run_verdict: str | None = None
    kimg: float | None = None
    wall_s: float | None = None
    evaluation_s: float | None = None
    data_digest: str | None = None
    data_skipped: int | None = None
    best: GeneratorSummary | None = None
    last: GeneratorSummary | None = None
    outcome: str | None = None
    ran_on: str | None = None


def summary_of(events: Sequence[AnyEvent]) -> Summary:
    """Sum up the events of a run, whether it has ended or not."""
    if not events:
        return Summary()
    first, end = events[0], events[-1]
    scored = {event.of: _generator(event) for event in events if isinstance(event, Evaluated)}
    ended = isinstance(end, Finished)
    return Summary(
        status=end.status if isinstance(end, Finished) else "unfinished",
        inert=end.inert if isinstance(end, Finished) else None,
        run_verdict=verdict.verdict_of(events).kind if ended else None,
        kimg=end.kimg,
        wall_s=end.wall_s,
        evaluation_s=end.evaluation_s if isinstance(end, Finished) else None,
        data_digest=first.data_digest if isinstance(first, Started) else None,
        data_skipped=first.data_skipped if isinstance(first, Started) else None,
        best=scored.get("best"),
        last=scored.get("last"),
        outcome=_outcome(events) if isinstance(end, Finished) and end.status == "finished" else None,
        ran_on=_ran_on(first, end),
    )


def _ran_on(first: AnyEvent, end: AnyEvent) -> str | None:
    began = (first.ran_on or str(first.numerics.get("gpu", ""))) if isinstance(first, Started) else ""
    ended = end.ran_on if isinstance(end, Finished) else ""
    return ", then ".join(dict.fromkeys(name for name in (began, ended) if name)) or None


OF_TRAINING = ("loss_d", "loss_g", "grad_norm_d", "grad_norm_g")  # what every run reports, whatever its tricks


def _outcome(events: Sequence[AnyEvent]) -> str | None:
    """Scores alone would not do: two generators that collapsed to one image have the same. None without scores."""
    told: list[object] = []
    for event in events:
        if isinstance(event, Ticked):
            told.append([event.images, *(repr(event.means.get(name)) for name in OF_TRAINING)])
        elif isinstance(event, Evaluated):
            scores = [[score.metric, score.stamp, repr(score.value)] for score in event.scores]
            told.append([event.of, event.generator_images, scores])
    if not any(event.scores for event in events if isinstance(event, Evaluated)):
        return None
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _generator(event: Evaluated) -> GeneratorSummary:
    return GeneratorSummary(
        kimg=event.generator_images / 1000,
        seconds=event.generator_wall_s,
        scores=tuple(map(ScoreSummary.of, event.scores)),
    )
