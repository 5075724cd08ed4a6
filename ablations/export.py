"""The trials of a study that are still to do, packed for a machine that has nothing but gan_core."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ablations.study.study import Study
from ablations.workspace.due_trials import due_trials
from ablations.workspace.opening import leaving_no_traces, open_workspace
from ablations.workspace.recorded import refuse_search
from ablations.workspace.trials import Trial, progress_of
from gan_core.config.compatibility import extractors_of
from gan_core.evaluation.extractors import find
from gan_core.evaluation.extractors.own import OWN
from gan_core.events import RESULTS
from gan_core.machine.versions import code_digest
from gan_core.plugins.loaded import sources_of
from gan_core.problems import Problem, UserError
from gan_core.workers.exported import ExportedTrial, write_trials


@dataclass(frozen=True)
class Export:
    """What was written. `begun`: left out, since they have begun here and go on here; `done`: they have a result."""

    study: str
    trials: tuple[Trial, ...]
    begun: tuple[Trial, ...]
    done: tuple[Trial, ...]
    notice: str = ""  # about its folder, a line each
    extractors: tuple[str, ...] = ()  # of the user's own, whose weights are with the trials


def export(study: Study, runs: Path, out: Path, home: Path) -> Export:
    """Write the trials that have not begun to `out`, and the study's folder, which takes them in again.

    Extractors of the user's own, which can't be had anywhere else, go with them from `home`. Raises UserError where
    there is nothing to write, where such an extractor is missing, or where the study's folder holds another study's
    results.
    """
    refuse_search(study)
    with leaving_no_traces(runs / study.name), open_workspace(study, runs) as workspace:
        trials = due_trials(study, workspace.root)
        states = {trial.name: progress_of(trial) for trial in trials}
        new = tuple(trial for trial in trials if states[trial.name] == "new")
        begun = tuple(trial for trial in trials if states[trial.name] in ("interrupted", "failed"))
        done = tuple(trial for trial in trials if states[trial.name] in RESULTS)
        if not new:
            message = f"nothing to export: {len(done)} trials have a result, {len(begun)} have begun here"
            raise UserError(Problem(message, source=str(workspace.root)))
        weights = own_weights(new, home)
        write_trials(out, map(exported, new), weights.values())
    return Export(study.name, new, begun, done, workspace.notice, tuple(weights))


def own_weights(trials: Iterable[Trial], home: Path) -> dict[str, Path]:
    """The files of the extractors that users have trained, by the extractors' names, in the order of the trials.

    Raises UserError for one that is missing.
    """
    names = dict.fromkeys(name for trial in trials for name in extractors_of(trial.config))
    found = {name: find(name) for name in names}
    located = {name: each.located(home).weights for name, each in found.items() if each.name == OWN}
    return {name: path for name, path in located.items() if path is not None}


def exported(trial: Trial) -> ExportedTrial:
    """The trial as a plain record."""
    return ExportedTrial(
        name=trial.directory.name,
        config=trial.config.plain(),
        fingerprint=trial.config.fingerprint(),
        code=code_digest(),
        record=trial.record().model_dump(mode="json"),
        plugins={source.entry: source.text for source in sources_of(trial.config.use)},
    )
