"""The trials that a study's looks ask for, so far and later: arms that all is said of get no more seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ablations.workspace.looks_taken import LookTaken, read_looks_taken
from ablations.workspace.trials import Trial, progress_of, trials_of
from gan_core.events import RESULTS

if TYPE_CHECKING:
    from pathlib import Path

    from ablations.study.study import Study


@dataclass(frozen=True)
class LookAhead:
    """A look that was not taken yet. `trials`: those without a result that it asks for and no look before it does."""

    number: int  # 1 for the study's first
    seeds: int  # that every arm which goes on has by then
    trials: tuple[Trial, ...]


def due_trials(study: "Study", root: "Path") -> tuple[Trial, ...]:
    """The trials up to the next look, and those beyond that have a result already; `root` is the study's directory.

    Of a study that stops nothing these are all its trials.
    """
    trials = trials_of(study, root)
    if study.looks.stop == "never":
        return trials
    most = _seeds_due(study, read_looks_taken(root))
    places = {seed: place for place, seed in enumerate(study.seeds)}
    return tuple(
        trial for trial in trials if places[trial.seed] < most.get(trial.arm.name, 0) or progress_of(trial) in RESULTS
    )


def looks_ahead(study: "Study", root: "Path") -> tuple[LookAhead, ...]:
    """The looks to come, if no further arm stops; [] where nothing goes on. `root` is the study's directory."""
    taken, stopped = read_looks_taken(root), stopped_arms(study, root)
    if len(stopped) == len(study.arms):
        return ()
    places = {seed: place for place, seed in enumerate(study.seeds)}
    left = [trial for trial in trials_of(study, root) if progress_of(trial) not in RESULTS]
    ahead, before = [], 0
    for number, count in enumerate(study.looks.counts[len(taken) :], start=len(taken) + 1):
        most = {arm.name: stopped.get(arm.name, count) for arm in study.arms}
        new = (trial for trial in left if before <= places[trial.seed] < most[trial.arm.name])
        ahead.append(LookAhead(number, count, tuple(new)))
        before = count
    return tuple(ahead)


def stopped_arms(study: "Study", root: "Path") -> dict[str, int]:
    """The arms that get no more seeds though there are some, with how many they have."""
    stopped: dict[str, int] = {}
    for look in read_looks_taken(root)[: len(study.looks.counts) - 1]:
        gone = (arm.name for arm in study.arms if arm.name not in look.going_on)
        stopped = dict.fromkeys(gone, look.seeds) | stopped
    return stopped


def _seeds_due(study: "Study", taken: tuple[LookTaken, ...]) -> dict[str, int]:
    """By arm, how many of the study's seeds it gets."""
    counts = study.looks.counts
    due = {arm.name: counts[0] for arm in study.arms}
    for look, count in zip(taken, counts[1:], strict=False):
        due |= dict.fromkeys(look.going_on, count)
    return due
