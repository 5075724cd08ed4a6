"""What a report needs of one run's journal besides its scores: read once, kept as plain numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from ablations.results.results import METRIC, Result
from gan_core import journal, verdict
from gan_core.events import AnyEvent, Evaluated, Finished, Started, Ticked

HEALTHY = "healthy"


@dataclass(frozen=True)
class ProgressScore:
    """A FID on the way, under the few samples of `progress`."""

    images: int
    seconds: float  # wall seconds, scores included
    fid: float


@dataclass(frozen=True)
class Dose:
    """How much a trick acted, over the ticks of a run."""

    first: float
    mean: float
    last: float


@dataclass(frozen=True)
class RunFacts:
    """One run; None where its journal does not say. `reason`: why it ended; `evidence`: for an unhealthy verdict."""

    arm: str
    seed: int
    status: str
    reason: str
    verdict: str | None
    evidence: tuple[str, ...]
    kimg: float
    progress: tuple[ProgressScore, ...]
    progress_score: str  # its name, with samples and extractor; '' without one
    doses: Mapping[str, Dose]  # '<trick>/<quantity>'
    protocols: Mapping[str, Mapping[str, Any]]  # by the stamp, of the full scores
    device: str | None
    threads: int | None
    versions: Mapping[str, str]
    parameters: Mapping[str, int]
    numerics: Mapping[str, str | bool]  # of the training steps; empty in older journals


def facts_of(result: Result) -> RunFacts:
    """Read the journal of a run that lies on disk."""
    return facts_in(result, journal.read(Path(result.directory)))


def facts_in(result: Result, events: Sequence[AnyEvent]) -> RunFacts:
    """The facts in these events."""
    start = next((event for event in events if isinstance(event, Started)), None)
    end = events[-1] if events and isinstance(events[-1], Finished) else None
    amiss = end is not None and result.summary.run_verdict != HEALTHY
    judged = verdict.verdict_of(events) if amiss else None
    scored = [event for event in events if isinstance(event, Evaluated)]
    progress = [event for event in scored if event.of == "progress"]
    fids = [(event, score) for event in progress if (score := event.score(METRIC)) is not None]
    return RunFacts(
        arm=result.arm,
        seed=result.seed,
        status=result.status,
        reason=end.reason if end is not None else "",
        verdict=result.summary.run_verdict,
        evidence=judged.evidence if judged is not None else (),
        kimg=events[-1].kimg if events else 0.0,
        progress=tuple(ProgressScore(event.images, event.generator_wall_s, score.value) for event, score in fids),
        progress_score=fids[-1][1].name if fids else "",
        doses=_doses([event for event in events if isinstance(event, Ticked)]),
        protocols={s.stamp: s.protocol for event in scored if event.of != "progress" for s in event.scores},
        device=start.device if start is not None else None,
        threads=start.threads if start is not None else None,
        versions=start.versions if start is not None else {},
        parameters=start.parameters if start is not None else {},
        numerics=start.numerics if start is not None else {},
    )


def _doses(ticks: Sequence[Ticked]) -> dict[str, Dose]:
    series: dict[str, list[float]] = {}
    for tick in ticks:
        for name, value in tick.dose.items():
            series.setdefault(name, []).append(value)
    return {name: Dose(values[0], fmean(values), values[-1]) for name, values in series.items()}
