"""Runs that were trained elsewhere, taken into a study: the folder first, then ledger and tracking store from it."""

import os
import shutil
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ablations.execution.models import ModelsLogged, log_missing_models
from ablations.execution.progress import OnStep, StudyProgress
from ablations.execution.session import ExecutionOptions, Session
from ablations.executors.elsewhere.trial_files import AWAY
from ablations.study.study import Study
from ablations.study.study_file import NAME as STUDY_NAME
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.due_trials import due_trials
from ablations.workspace.incoming import IncomingFile, check_room, copy_incoming, incoming_files
from ablations.workspace.opening import open_workspace
from ablations.workspace.recorded import refuse_search
from ablations.workspace.trial_record import RECORD, TrialRecord, read_trial_record
from ablations.workspace.trials import Trial, progress_of, trials_of
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.config import resolve
from gan_core.events import RESULTS, Started, has_result
from gan_core.machine.versions import code_digest
from gan_core.problems import Problem, UserError
from gan_core.training import training_data
from gan_core.workers.training_lock import MARK
from gan_core.workers.training_lock import NAME as LOCK

NOT_ADOPTED = (CURSOR, LOCK, MARK, AWAY, "error.txt", "*.tmp")
STAGING = "adopting"  # in the study's folder, so that a finished copy moves into its place at once


@dataclass(frozen=True)
class Found:
    """A finished run, and the trial of the study that it belongs to."""

    directory: Path
    record: TrialRecord
    trial: Trial
    files: tuple[IncomingFile, ...]


@dataclass(frozen=True)
class Adoption:
    """The outcome for the runs in a folder, by the trials' names. `warnings`: what could not be done, for the user."""

    study: str
    adopted: tuple[str, ...]
    there: tuple[str, ...]  # had a result already
    unfinished: tuple[str, ...]  # folders of runs that have not come to their end
    other_code: tuple[str, ...]  # adopted, and trained by another source of the trainer than this one
    weightless: tuple[str, ...]  # adopted without a generator's weights
    left: int  # trials of the study without a result
    warnings: tuple[str, ...] = ()
    models: ModelsLogged | None = None


def study_of(source: Path) -> str:
    """The name of the study that the runs in this folder belong to. Raises UserError for no study, or several."""
    names = sorted({record.study for _, record in _records(source)})
    if foreign := [name for name in names if not STUDY_NAME.fullmatch(name)]:
        message = f"{foreign[0][:80]!a} is no name of a study"
        raise UserError(Problem(message, source=str(source), allowed="--study with the one to take them into"))
    if len(names) == 1:
        return names[0]
    if names:
        message = f"the runs belong to {len(names)} studies: {', '.join(names)}"
        raise UserError(Problem(message, source=str(source), allowed="--study with the one to take them into"))
    message = f"there is no run in it: no folder with a {RECORD}"
    raise UserError(Problem(message, source=str(source), allowed="what `python -m gan_core run --out` wrote"))


def adopt(source: Path, study: Study, runs: Path, options: ExecutionOptions, on_step: OnStep) -> Adoption:
    """Take the finished runs in `source` into the study; what it has already is left as it is.

    Raises UserError, before anything is taken, for runs of another configuration, on other images, or of trials that
    have begun in the study's own folder.
    """
    runs_there = sorted(_records(source), key=lambda pair: pair[0].name)
    if not runs_there:
        study_of(source)  # says so
    refuse_search(study)
    with open_workspace(study, runs) as workspace:
        trials = trials_of(study, workspace.root)
        ended = [(folder, record) for folder, record in runs_there if _has_result(folder)]
        found = _matched(ended, trials, study.name)
        done = {t.name for t in trials if progress_of(t) in RESULTS}
        new = [one for one in found if one.trial.name not in done]
        _refuse(new, [t for t in trials if t.name in done])
        _take(new, workspace, on_step)
        session = _Ended(study, workspace, replace(options, floors=False))
        list(session.reports(lambda: False, on_step))
        models = log_missing_models(session, on_step)
        left = sum(progress_of(trial) not in RESULTS for trial in due_trials(study, workspace.root))
    adopted = tuple(one.trial.name for one in new)
    return Adoption(
        study=study.name,
        adopted=adopted,
        there=tuple(one.trial.name for one in found if one.trial.name not in adopted),
        unfinished=tuple(folder.name for folder, _ in runs_there if not _has_result(folder)),
        other_code=tuple(one.trial.name for one in new if one.record.code != code_digest()),
        weightless=tuple(one.trial.name for one in new if not any(one.trial.directory.glob("*.safetensors"))),
        left=left,
        warnings=tuple(session.warnings),
        models=models,
    )


class _Ended(Session):
    """An execution about the trials with a result alone: it enters them everywhere, and trains nothing."""

    def __init__(self, study: Study, workspace: Workspace, options: ExecutionOptions) -> None:
        super().__init__(study, workspace, options)
        self.trials = [trial for trial in self.trials if trial.name in self.progress.done]
        self.journals = {trial.name: self.journals[trial.name] for trial in self.trials}
        self.progress = StudyProgress.of(self.trials, self.journals)

    def _go_on(self, admit: Callable[[Trial], None]) -> bool:
        """Never: the next look's trials are trained where the user wants them, after another `export`."""
        return False


def _records(source: Path) -> Iterator[tuple[Path, TrialRecord]]:
    """The runs in a folder. Raises UserError for one that holds anything but plain files, before one is read."""
    for folder in sorted(source.iterdir()) if source.is_dir() else ():
        if os.path.lexists(folder / RECORD):
            if folder.is_symlink():
                allowed = "the runs' own folders"
                raise UserError(Problem("is a link to a folder elsewhere", source=str(folder), allowed=allowed))
            incoming_files(folder, NOT_ADOPTED)
            yield folder, read_trial_record(folder)


def _has_result(directory: Path) -> bool:
    """Whether the run has come to a result."""
    return has_result(journal.read(directory))


def _matched(ended: Sequence[tuple[Path, TrialRecord]], trials: Sequence[Trial], study: str) -> list[Found]:
    """Each run with its trial. Raises UserError with every run that belongs to no trial of the study."""
    by_name = {(trial.arm.name, trial.seed): trial for trial in trials}
    found, problems = [], []
    for folder, record in ended:
        trial = by_name.get((record.arm, record.seed))
        if trial is None:
            message = f"study {study} has no arm {record.arm} with seed {record.seed}"
            problems.append(Problem(message, source=str(folder)))
        elif why := _difference(folder, record, trial):
            problems.append(Problem(why, source=str(folder), allowed="only what this study would have trained"))
        else:
            found.append(Found(folder, record, trial, incoming_files(folder, NOT_ADOPTED)))
    if problems:
        raise UserError(*problems)
    return found


def _difference(folder: Path, record: TrialRecord, trial: Trial) -> str:
    """How the run differs from this trial, in words; '' if it does not.

    Its images may have lain elsewhere; see `_refuse`.
    """
    ours = trial.config.fingerprint()
    if record.fingerprint != ours:
        return f"was trained with another configuration ({record.fingerprint}, here {ours}): " + _settings(
            record.config, trial.config.plain()
        )
    start = journal.read(folder)[0]
    if not isinstance(start, Started):
        return "its journal has no beginning"
    there = trial.config.plain()
    if "data_dir" in there and "data_dir" in start.config:
        there["data_dir"] = start.config["data_dir"]
    if start.fingerprint != resolve(there, named=()).fingerprint():
        return f"its journal is another configuration's ({start.fingerprint}): " + _settings(start.config, there)
    return ""


def _settings(theirs: dict[str, Any], ours: dict[str, Any]) -> str:
    keys = [key for key in dict.fromkeys([*ours, *theirs]) if theirs.get(key) != ours.get(key)]
    return ", ".join(f"{key} {theirs.get(key)!r} there, {ours.get(key)!r} here" for key in keys) or "another version"


def _refuse(new: Sequence[Found], done: Sequence[Trial]) -> None:
    """Raise UserError where a trial has begun here, or was trained on other images than the study's."""
    digests: dict[tuple[Hashable, ...], str] = {
        training_data.key(trial.config): _images(trial.directory) for trial in done
    }
    problems = []
    for one in new:
        if progress_of(one.trial) != "new":
            allowed = "go on with it by `run`, or remove that folder"
            message = f"{one.trial.name} has begun here"
            problems.append(Problem(message, source=str(one.trial.directory), allowed=allowed))
        digest = _images(one.directory)
        if (ours := digests.setdefault(training_data.key(one.trial.config), digest)) != digest:
            message = f"was trained on other images ({digest}) than the study's other trials ({ours})"
            problems.append(Problem(message, source=str(one.directory)))
    if problems:
        raise UserError(*problems)


def _images(directory: Path) -> str:
    start = journal.read(directory)[0]
    return start.data_digest if isinstance(start, Started) else ""


def _take(new: Sequence[Found], workspace: Workspace, on_step: OnStep) -> None:
    """Copy all runs, then move each copy into its place in one step: what stops the copying leaves nothing behind.

    A crash leaves trials that have not begun, or are whole.
    """
    staging = workspace.root / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    if not new:
        return
    check_room([file for one in new for file in one.files], workspace.root)
    try:
        for one in new:
            on_step(f"taking in {one.trial.name}")
            copy = staging / one.trial.directory.name
            copy_incoming(one.directory, one.files, copy)
            replace(one.trial, directory=copy).write_record(one.record.code)
        for one in new:
            shutil.rmtree(one.trial.directory, ignore_errors=True)  # a record without a journal
            os.replace(staging / one.trial.directory.name, one.trial.directory)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
