"""The trials that a study's looks ask for so far: arms that all is said of get no more seeds."""

from typing import TYPE_CHECKING

from ablations.workspace.looks_taken import LookTaken, read_looks_taken
from ablations.workspace.trials import Trial, progress_of, trials_of
from gan_core.events import RESULTS

if TYPE_CHECKING:
    from pathlib import Path

    from ablations.study.study import Study


def due_trials(study: "Study", root: "Path") -> tuple[Trial, ...]:
    """The trials up to the next look, and those beyond that have a result already; `root` is the study's directory.

    Of a study that stops nothing these are all its trials. Raises UserError where the record of looks can't be read.
    """
    trials = trials_of(study, root)
    if study.looks.stop == "never":
        return trials
    most = _seeds_due(study, read_looks_taken(root))
    places = {seed: place for place, seed in enumerate(study.seeds)}
    return tuple(
        trial for trial in trials if places[trial.seed] < most.get(trial.arm.name, 0) or progress_of(trial) in RESULTS
    )


def _seeds_due(study: "Study", taken: tuple[LookTaken, ...]) -> dict[str, int]:
    """By arm, how many of the study's seeds it gets."""
    counts = study.looks.counts
    due = {arm.name: counts[0] for arm in study.arms}
    for look, count in zip(taken, counts[1:], strict=False):
        due |= dict.fromkeys(look.going_on, count)
    return due
