"""`study.json` and `trial.json` made anew from the study's file, where other files prove that it is the folder's.

Whoever calls this holds the study's lock. A damaged file is set aside first.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ablations.statistics import Looks
from ablations.study.record import StudyRecord
from ablations.study.study import load_study
from ablations.workspace.execution_record import FILES, FOLDER, executions_of, read_execution
from ablations.workspace.record_file import DamagedError, set_aside
from ablations.workspace.trial_record import RECORD, read_trial_record
from ablations.workspace.trials import Trial, trials_of
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.events import Started
from gan_core.problems import Problem, UserError

if TYPE_CHECKING:
    from ablations.study.study import Study


def restored_trials(trials: Iterable[Trial]) -> list[str]:
    """Write the records anew that are damaged or missing beside a journal; a warning about each.

    A folder's name has the arm, the seed and the beginning of the configuration's fingerprint, and its journal has all
    of the fingerprint. One whose journal is another configuration's is left for `progress_of` to refuse. Which code
    trained it is not known any more, so no other study takes it over.
    """
    said = []
    for trial in trials:
        try:
            read_trial_record(trial.directory)
        except FileNotFoundError:
            continue  # it has not begun
        except DamagedError as error:
            events = journal.read(trial.directory)
            if any(e.fingerprint != trial.config.fingerprint() for e in events if isinstance(e, Started)):
                continue
            path = trial.directory / RECORD
            place = f"; it is now {set_aside(path).name}" if path.exists() else ""
            if events:
                trial.write_record()
            anew = "made anew from the study's file and the journal" if events else "nothing had been trained yet"
            said.append(f"{path}: {error.problems[0].message}{place}: {anew}")
    return said


def restored_study(study: "Study", workspace: Workspace) -> tuple[StudyRecord, str]:
    """The record of a study that has results, and a warning, '' where it was whole.

    A damaged or missing one is made anew from this study if its trials are the folder's. Raises UserError, with a way
    on, if they are not.
    """
    try:
        return workspace.record(), ""
    except DamagedError as error:
        problem = error.problems[0]
    expected = {trial.directory.name for trial in trials_of(study, workspace.root)}
    there = [path.parent.name for path in sorted(workspace.trials.glob(f"*/{journal.NAME}"))]
    others = [name for name in there if name not in expected]
    if study.search is not None:
        others = [] if _has_text(workspace, study.text) else ["its study.yaml differs"]
    if others:
        message = (
            f"{problem.message}, and can't be made anew from {study.path}: the folder holds {', '.join(others[:3])}"
        )
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        way_on = "the study file and options that it was begun with; --as NEWNAME takes over what is the same"
        raise UserError(Problem(message + more, source=problem.source, allowed=way_on))
    anew = f"made anew from {study.path}, which has all {len(there)} trials of the folder"
    return _as_begun(study, workspace), f"{problem.source}: {problem.message}; {anew}"


def _as_begun(study: "Study", workspace: Workspace) -> StudyRecord:
    """The study with the rule, claims and looks that it had before its first result, as its first execution says."""
    record = study.record()
    first = next(iter(executions_of(workspace.root)), None)
    if first is None:
        return record
    if not record.looks.is_declared:
        record = record.model_copy(update={"planned_looks": Looks.of_count(len(read_execution(first).seeds))})
    for path in (first / FILES).glob("*.y*ml"):
        try:
            early = load_study(path, study.name, folder=study.path.parent)
        except UserError:
            continue  # damaged too, or of another version
        return record.model_copy(update={"rule": early.rule, "claims": early.claims, "guard": dict(early.guard)})
    return record


def _has_text(workspace: Workspace, text: str) -> bool:
    """Whether a copy of the study file in the folder has this text."""
    copies = [workspace.study_yaml, *workspace.root.glob(f"{FOLDER}/*/{FILES}/*.y*ml")]
    return any(path.read_bytes() == text.encode() for path in copies if path.is_file())
