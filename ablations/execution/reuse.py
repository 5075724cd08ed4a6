"""Trials that another study has trained already: one configuration, data and code make one run, trained once.

Only runs with a result are taken over, never failed or unfinished ones. They are looked for among the studies of one
runs folder, by the fingerprint (which includes the seed), the digest of the trainer's source, the versions of the
libraries it uses, and the digest of the images.
"""

import os
import shutil
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ablations.execution.preparation import prepare_data, prepared_images
from ablations.executors.elsewhere.trial_files import AWAY
from ablations.workspace.cursor import NAME as CURSOR
from ablations.workspace.trial_record import RECORD, read_trial_record
from ablations.workspace.trials import Trial
from gan_core import journal
from gan_core.events import Finished, Started
from gan_core.machine.files import replacing
from gan_core.machine.versions import code_digest, versions
from gan_core.problems import UserError
from gan_core.training import training_data
from gan_core.workers.training_lock import MARK
from gan_core.workers.training_lock import NAME as LOCK

NOT_TAKEN = (
    RECORD,
    CURSOR,
    LOCK,
    MARK,
    AWAY,
    journal.NAME,
    "checkpoint.pt",
    "error.txt",
)  # of a folder's files; the journal comes last
OURS = "gan-ablations"
DataDigests = Mapping[tuple[Hashable, ...], str]  # by `training_data.key`


class Twin(NamedTuple):
    """A finished run of another study. `origin`: STUDY/FOLDER of the run that was trained and not itself taken over."""

    directory: Path
    study: str
    origin: str
    data_digest: str


def twins_of(trials: Sequence[Trial], runs: Path) -> dict[str, tuple[Twin, ...]]:
    """For each trial that has any: finished runs of the same configuration by the same code, in other studies."""
    folders = _folders(runs, {trial.directory.parents[1].resolve() for trial in trials})
    found = {trial.name: tuple(_twins(trial, folders.get(_ending(trial.directory), ()))) for trial in trials}
    return {name: twins for name, twins in found.items() if twins}


def reusable(trials: Iterable[Trial], twins: Mapping[str, Sequence[Twin]], digests: DataDigests) -> dict[str, Twin]:
    """For each trial the run to take over: the first of its twins that was trained on the same images."""
    chosen = {}
    for trial in trials:
        digest = digests.get(training_data.key(trial.config))
        same = [twin for twin in twins.get(trial.name, ()) if twin.data_digest == digest]
        if same:
            chosen[trial.name] = same[0]
    return chosen


def reused_from_others(trials: Sequence[Trial], runs: Path, home: Path, *, may_load: bool = True) -> dict[str, Twin]:
    """Of trials that have not begun those that another study has trained, as far as the images can be read.

    `may_load`: whether images that are not prepared here are loaded for it.
    """
    twins = twins_of(trials, runs)
    asked = [trial for trial in trials if trial.name in twins]
    try:
        digests = prepare_data(asked, home, _silent) if may_load else prepared_images(asked, home)
        return reusable(asked, twins, digests)
    except UserError:  # `run` will say so
        return {}


def _silent(text: str, share: float | None = None) -> None:
    """Ignore progress: reading prepared images takes a moment."""


def take_over(trial: Trial, twin: Twin) -> None:
    """Fill the trial's folder from the twin's: weights and pictures linked or copied, its record its own.

    The journal comes last and in one step, so that a crash before that leaves a trial that has not begun.
    """
    trial.directory.mkdir(parents=True, exist_ok=True)
    for source in sorted(path for path in twin.directory.rglob("*") if path.is_file()):
        inside = source.relative_to(twin.directory)
        if str(inside) not in NOT_TAKEN:
            target = trial.directory / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(source, target)
    trial.write_record(code_digest(), reused_from=twin.origin)
    with replacing(trial.directory / journal.NAME) as temporary:
        shutil.copyfile(twin.directory / journal.NAME, temporary)  # a copy: journals are appended to


def reuse_note(reused: Mapping[str, Twin], of: int) -> str:
    """'3 of 12 trials are there already, from study x', or ''."""
    studies = sorted({twin.study for twin in reused.values()})
    if not studies:
        return ""
    source = f"stud{'y' if len(studies) == 1 else 'ies'} {', '.join(studies)}"
    return f"{len(reused)} of {of} trials are there already, from {source}"


def _stands_on(packages: Mapping[str, str]) -> dict[str, str]:
    """The versions of the libraries, without this package's own: its source has a digest of its own."""
    return {package: number for package, number in packages.items() if package != OURS}


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _ending(directory: Path) -> str:
    """'seed3-1a2b3c4d': what folders of one configuration have in common, whatever the arm is called."""
    name, _, digest = directory.name.rpartition("-")
    return f"{name.rpartition('-')[2]}-{digest}"


def _folders(runs: Path, without: set[Path]) -> dict[str, list[Path]]:
    """The folders of the trials of all studies except those in these folders, by their ending."""
    found: dict[str, list[Path]] = {}
    for folder in sorted(runs.glob("*/trials/*")):
        if folder.parents[1].resolve() not in without:
            found.setdefault(_ending(folder), []).append(folder)
    return found


def _twins(trial: Trial, folders: Iterable[Path]) -> Iterator[Twin]:
    for folder in folders:
        try:
            record = read_trial_record(folder)
            events = journal.read(folder)
        except (OSError, UserError):
            continue  # somebody else's folder
        if record.fingerprint != trial.config.fingerprint() or record.code != code_digest():
            continue
        end = events[-1] if events else None
        if not isinstance(end, Finished) or end.status in ("failed", "pruned") or not isinstance(events[0], Started):
            continue
        if _stands_on(events[0].versions) == _stands_on(versions()):
            study = folder.parents[1].name if record.study == trial.study else record.study  # another one of its name
            yield Twin(folder, study, record.reused_from or f"{study}/{folder.name}", events[0].data_digest)
