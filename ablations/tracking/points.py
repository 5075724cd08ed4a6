"""Pure: what of an event becomes a point of a metric, and which tags the end of a run gives.

The step of a point is the number of real images shown to D: 1000 is one kimg. Scores and pictures stand at the nearest
hundredth of the budget, where arms with other batch sizes meet. What sums up the whole run has no step, that is step 0,
so that MLflow draws it as bars.

Names: a tick's means under their own (`loss_d`), `images_per_s`, `kimg`; doses as `trick/<trick>.<quantity>`;
gradients as `weights/gradient.<G or D>.<layer>.<mean or max>`; scores on the way as `score/fid1k_...` and
`score/is1k_...`, named by their protocol, and with them `score/samples.spread` and the like (MLflow opens its charts
with the section `score`: other sections' names come after it); at the end `fid_best`, `fid_last`, `is_best`, `is_last`,
and where the best generator was: `fid_best_kimg`, `fid_best_seconds`. What is not a finite number is no point: it is
named in the tag `not_finite`.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ablations.executors.system_metrics import SystemSample
from gan_core.events import AnyEvent, Evaluated, Event, Finished, Sampled, Ticked
from gan_core.verdict import verdict_of

DIVERSITY = ("spread", "dimensions", "classes")


class LoggedPoint(NamedTuple):
    """One value of a metric. `step`: images shown to D, 0 for a summary; `time_ms`: Unix time of the event, ms."""

    name: str
    value: float
    step: int
    time_ms: int


def points_of(events: Iterable[AnyEvent], budget_kimg: float) -> list[LoggedPoint]:
    """All points of these events of a run with this budget, in order, those that are not finite too."""
    return [
        LoggedPoint(name, value, step_of(event, budget_kimg), milliseconds(event))
        for event in events
        for name, value in _values(event)
    ]


def system_points(samples: Iterable[SystemSample | None], first: int) -> list[LoggedPoint]:
    """Points of samples of the machine, numbered from `first`: MLflow draws `system/` on a page of its own."""
    return [
        LoggedPoint(f"system/{name}", value, first + number, round(sample.time * 1000))
        for number, sample in enumerate(samples)
        if sample is not None
        for name, value in sample.model_dump(exclude={"time"}, exclude_none=True).items()
    ]


def step_of(event: AnyEvent, budget_kimg: float) -> int:
    """The step at which MLflow draws an event."""
    if isinstance(event, Evaluated) and event.of != "progress":
        return 0
    if isinstance(event, Evaluated | Sampled):
        hundredth = budget_kimg * 10
        return round(round(event.images / hundredth) * hundredth)
    return event.images


def not_finite(points: Iterable[LoggedPoint]) -> list[str]:
    """Names of the metrics that had a value somewhere that is no finite number."""
    return list(dict.fromkeys(point.name for point in points if not math.isfinite(point.value)))


def end_tags(events: Sequence[AnyEvent]) -> dict[str, str]:
    """Whether and why the run ended, which tricks never acted, the protocol of its scores, the verdict's evidence."""
    tags: dict[str, str] = {}
    for event in events:
        if isinstance(event, Evaluated) and event.of == "best":
            for score in event.scores:
                tags |= {f"{score.metric}_protocol": score.name, f"{score.metric}_stamp": score.stamp}
        if isinstance(event, Finished):
            tags["diverged"] = "true" if event.status == "diverged" else "false"
            if event.inert is not None:
                tags["inert"] = " ".join(event.inert) or "none"
            tags["reason"] = event.reason or "the budget was spent"
            verdict = verdict_of(events)
            tags |= {"run_verdict": verdict.kind, "run_evidence": "; ".join(verdict.evidence)}
    return tags


def milliseconds(event: Event) -> int:
    """Unix time of an event, ms."""
    return round(event.time * 1000)


def _values(event: AnyEvent) -> Iterator[tuple[str, float]]:
    if isinstance(event, Ticked):
        yield from event.means.items()
        yield from ((f"trick/{name.replace('/', '.')}", value) for name, value in event.dose.items())
        yield from ((f"weights/gradient.{name.replace('/', '.')}", value) for name, value in event.gradients.items())
        yield "images_per_s", event.images_per_s
        yield "kimg", event.kimg
    if isinstance(event, Evaluated):
        for score in event.scores:
            yield f"score/{score.name}" if event.of == "progress" else f"{score.metric}_{event.of}", score.value
        if event.of == "progress":
            yield from (
                (f"score/samples.{name}", event.diversity[name]) for name in DIVERSITY if name in event.diversity
            )
        if event.of == "best" and event.scores:
            yield "fid_best_kimg", event.generator_images / 1000
            yield "fid_best_seconds", event.generator_wall_s
