"""Opening the folder of a study: one process at a time, never mixed results, no traces of a mistake."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.study.record import StudyRecord
from ablations.workspace.explored import NAME as EXPLORED
from ablations.workspace.identity import settle_identity
from ablations.workspace.looks_taken import NAME as LOOKS
from ablations.workspace.mending import mend, warnings_about
from ablations.workspace.record_file import set_aside
from ablations.workspace.restoring import restored_study, restored_trials
from ablations.workspace.study_changes import changed_text, forbidden_changes, with_late_claims, with_looks_as_planned
from ablations.workspace.trials import trials_of
from ablations.workspace.workspace import Workspace
from gan_core.machine import files
from gan_core.machine.files import exclusive
from gan_core.plugin_text import keep
from gan_core.problems import Problem, UserError

if TYPE_CHECKING:
    from ablations.study.study import Study


@contextmanager
def open_workspace(study: "Study", runs: Path) -> Iterator[Workspace]:
    """The study's directory under `runs`, for the body's time this process's alone.

    It is made if it is not there. A study that changed is written anew, together with its empty ledger, as long as
    there are no results; afterwards only seeds and claims may be added. Damaged files are set aside, and made anew as
    far as can be: the `notice` says so. Raises UserError if another process works in it, or with the differences if the
    study changed.
    """
    workspace = Workspace(runs / study.name)
    try:
        workspace.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(Problem(f"can't be made: {error.strerror}", source=str(workspace.root))) from None
    workspace.check_writable()
    with exclusive(workspace.lock_file, f"study {study.name}"):
        record, said = study.record(), list[str]()
        if workspace.has_results():
            before, warning = restored_study(study, workspace)
            _refuse_changes(study, before, workspace)
            if warning and workspace.study_json.exists():
                warning = f"{warning}; it is now {set_aside(workspace.study_json).name}"
            said += [warning] if warning else []
            record = with_looks_as_planned(before, with_late_claims(before, record))
        elif workspace.study_json.exists() and workspace.study_json.read_bytes() != _json_of(record).encode():
            shutil.rmtree(workspace.trials, ignore_errors=True)
            (workspace.root / EXPLORED).unlink(missing_ok=True)
            (workspace.root / LOOKS).unlink(missing_ok=True)
            workspace.optuna_db.unlink(missing_ok=True)  # trials that it has enqueued are another study's
        said += [*mend(workspace), *restored_trials(trials_of(study, workspace.root))]
        workspace.trials.mkdir(exist_ok=True)
        for source in study.sources:
            keep(workspace.root, source)
        files.write_text(workspace.study_yaml, study.text)
        files.write_text(workspace.study_json, _json_of(record))
        yield replace(workspace, notice="\n".join(filter(None, [*said, settle_identity(workspace.root)])))


def notices_on_opening(workspace: Workspace) -> list[str]:
    """Settle the folder, unless another process is at work there or nothing may be written; what to say."""
    with suppress(UserError, OSError), exclusive(workspace.lock_file, f"study {workspace.name}"):
        return settle(workspace)
    return warnings_about(workspace.root)


def settle(workspace: Workspace) -> list[str]:
    """Mend the folder and settle its identity; what the user is to know. The study's lock is the caller's."""
    said = mend(workspace)
    notice = settle_identity(workspace.root)
    return [*said, notice] if notice else said


def _json_of(record: StudyRecord) -> str:
    return json.dumps(record.model_dump(mode="json"), indent=2) + "\n"


def refuse_changes(study: "Study", runs: Path) -> None:
    """Raise UserError, with the differences, if the study has results under `runs` and has changed since."""
    workspace = Workspace(runs / study.name)
    if workspace.has_results():
        _refuse_changes(study, workspace.record(), workspace)


def _refuse_changes(study: "Study", before: StudyRecord, workspace: Workspace) -> None:
    changes = forbidden_changes(before, study.record())
    if not changes:
        return
    changes += [text for each in study.sources if (text := changed_text(before, each, workspace.root)) is not None]
    message = f"the study has results in {workspace.root} and has changed since; its results would not belong together"
    way_on = f"--as NEWNAME to run it as a study of its own; `delete` removes {workspace.root}"
    source = str(study.path)
    raise UserError(Problem(message, allowed=way_on, source=source), *changes)


@contextmanager
def leaving_no_traces(root: Path) -> Iterator[None]:
    """Where a UserError ends the body before there are results, remove `root` and what was made for it.

    Folders that existed before stay.
    """
    made = [folder for folder in (root, *root.parents) if not folder.exists()]  # innermost first
    try:
        yield
    except UserError:
        if root in made and not Workspace(root).has_results():
            shutil.rmtree(root, ignore_errors=True)  # it may not have come to be
            for folder in made[1:]:
                with suppress(OSError):  # somebody uses it by now, or it was never made
                    folder.rmdir()
        raise
