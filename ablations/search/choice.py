"""Which arms of a search are confirmed."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from ablations.workspace.trials import Trial
from gan_core.events import AnyEvent, Evaluated, Finished

Journals = Mapping[str, Sequence[AnyEvent]]  # by trial


def best_arms(trials: Sequence[Trial], journals: Journals) -> list[str]:
    """The arms with a full FID, by their mean over explored seeds; arms with a diverged seed come after the others.

    A finished trial whose FID is not finite counts as diverged.
    A pruned trial has no such FID: it was stopped by a score on fewer samples.
    """
    fids: dict[str, list[float]] = {}
    diverged: Counter[str] = Counter()
    for trial in trials:
        events = journals[trial.name]
        if events and isinstance(events[-1], Finished):
            diverged[trial.arm.name] += events[-1].status == "diverged"
            if events[-1].status == "finished":
                own = list(_best_fids(events))
                fids.setdefault(trial.arm.name, []).extend(fid for fid in own if math.isfinite(fid))
                diverged[trial.arm.name] += any(not math.isfinite(fid) for fid in own)
    means = {arm: fmean(values) for arm, values in fids.items() if values}
    return sorted(means, key=lambda arm: (diverged[arm] > 0, means[arm], arm))


def _best_fids(events: Sequence[AnyEvent]) -> Iterator[float]:
    fids = (event.fid for event in events if isinstance(event, Evaluated) and event.of == "best")
    return (fid for fid in fids if fid is not None)
