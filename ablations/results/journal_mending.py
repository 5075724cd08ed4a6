"""A journal that has lost lines: made whole from a copy, else the trial is trained anew, to the same bits.

Its events are numbered from 0 without a gap, and it only grows: so what a crash leaves lacks at most its end, and the
trainer goes on from there. A gap, a journal that was longer when it was summed up, and one without an event beside a
checkpoint are damage. Of a trial that has come to its end the study's own MLflow store keeps a copy.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ablations.results.summary_file import has_lost_its_end, missing_events, summary_holds
from ablations.workspace.cursor import read_cursor
from ablations.workspace.mending import warnings_about
from ablations.workspace.record_file import OTHER_VERSION, set_aside
from ablations.workspace.trial_record import recorded_folders
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import COMPUTED, Workspace
from gan_core import journal
from gan_core.events import AnyEvent, Started, has_result
from gan_core.machine.files import replacing
from gan_core.problems import Problem, UserError

CHECKPOINTS = ("checkpoint.pt", "checkpoint.previous.pt")  # in which the lost events count as written


def mended_journals(workspace: Workspace, trials: Iterable[Trial]) -> list[str]:
    """Set damaged journals aside, and put their copies in place where there are any; a warning about each.

    Without a copy one with a hole is set aside together with its checkpoints; one without its end is gone on from, as
    that of a trial that was killed. The study's lock is the caller's. Raises UserError for one that another version has
    written, which is not damaged.
    """
    said = []
    for trial in trials:
        if summary_holds(trial.directory):
            continue  # it is as it was when it was read whole
        events = journal.read(trial.directory)
        if not (why := _damage(trial.directory, events)):
            continue
        path = trial.directory / journal.NAME
        if unknown := _unknown(trial.directory):
            raise UserError(Problem(unknown, source=str(path), allowed=OTHER_VERSION))
        copy = _copy(workspace, trial, events)
        if copy is None and events and not missing_events(events):
            said.append(f"{path}: {why}: what is left is gone on from, at its last checkpoint")
            continue
        for damaged in (path, *([] if copy is not None else [trial.directory / name for name in CHECKPOINTS])):
            if damaged.exists():
                why += f"; {damaged.name} is now {set_aside(damaged).name}"
        if copy is not None:
            with replacing(path) as temporary:
                temporary.write_bytes(copy)
        anew = "the copy in the study's MLflow store takes its place" if copy is not None else "it is trained anew"
        said.append(f"{path}: {why}: {anew}")
    return said


def reader_warnings(root: Path) -> list[str]:
    """What is damaged in a study's folder, for whoever may only read: records are passed over, journals count as far
    as they go.
    """
    mended = "the next `run` mends it, or trains the trial anew"
    return warnings_about(root) + [
        f"{directory / journal.NAME}: {_unknown(directory) or f'{why}; {mended}'}"
        for directory in recorded_folders(root / "trials")
        if not summary_holds(directory) and (why := _damage(directory, journal.read(directory)))
    ]


def _damage(directory: Path, events: Sequence[AnyEvent]) -> str:
    """What the journal has lost; '' where it is whole, or lacks no more than a crash takes."""
    if missing := missing_events(events):
        return f"{len(missing)} events are missing, the first of them number {min(missing)}"
    if has_lost_its_end(directory, events):
        return "its end is missing"
    others = (entry.name for entry in directory.glob("*") if entry.name != journal.NAME)
    if not events and any(name.startswith(COMPUTED) and ".damaged-" not in name for name in others):
        return "no event is left"
    return ""


def _unknown(directory: Path) -> str:
    """What of the journal this version does not know, in words; '' where that is not what is wrong with it."""
    path = directory / journal.NAME
    names = journal.unknown_in(path.read_bytes()) if path.exists() else []
    return f"another version of the trainer has written it: {', '.join(names)} is unknown to this one" if names else ""


def _copy(workspace: Workspace, trial: Trial, left: Sequence[AnyEvent]) -> bytes | None:
    """The journal's copy, if it is whole and has all that is left of the journal."""
    cursor = read_cursor(trial.directory)
    if cursor is None:
        return None
    path = workspace.mlartifacts / cursor.run_id / "artifacts" / journal.NAME
    if path.parents[2] != workspace.mlartifacts or not path.is_file():
        return None
    content = path.read_bytes()
    events = journal.events_in(content)
    start = events[0] if events else None
    if not isinstance(start, Started) or start.fingerprint != trial.config.fingerprint():
        return None
    has_all = {event.model_dump_json() for event in left} <= {event.model_dump_json() for event in events}
    return content if has_all and has_result(events) and not missing_events(events) else None
