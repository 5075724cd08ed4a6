"""A search's record made anew from its ledger: the same suggestions in the same order, each with the same fate.

Only the ledger knows what was suggested. What became of a suggestion follows from those before it, so the record is
made again by taking them in order. That it is the lost one is shown by the explored trials in the folder: each must be
one of its trials.
"""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ablations.search.exploration import Exploration
from ablations.workspace.explored import NAME, WAY_ON, Explored, read_explored
from ablations.workspace.record_file import DamagedError, set_aside
from ablations.workspace.trial_record import read_trial_record, recorded_folders
from gan_core import journal
from gan_core.machine import files
from gan_core.problems import Problem, UserError

if TYPE_CHECKING:
    from ablations.study.study import Study


def restored_exploration(study: "Study", root: Path, storage: str) -> list[str]:
    """Make a damaged or missing `explored.json` of a search anew where trials were explored; a warning if it was.

    Raises UserError where the ledger in `storage` can't tell it.
    """
    path = root / NAME
    explored = {folder.name for folder in recorded_folders(root / "trials") if _is_explored(folder)}
    try:
        if read_explored(root).suggestions or not explored:
            return []
        reason = "there is no such file"
    except DamagedError as error:
        reason = error.problems[0].message
    made = _from_ledger(study, storage) if explored else Explored()
    if made is None or explored - {trial.directory.name for trial in _of(study, root, made).trials()}:
        message = f"{reason}, and the ledger does not know the {len(explored)} explored trials of this folder"
        raise UserError(Problem(message, source=str(path), allowed=WAY_ON))
    place = f"; it is now {set_aside(path).name}" if path.exists() else ""
    files.write_text(path, made.model_dump_json(indent=1) + "\n")
    return [f"{path}: {reason}{place}: made anew from the ledger, with {len(made.suggestions)} suggestions"]


def _from_ledger(study: "Study", storage: str) -> Explored | None:
    """None where its suggestions are not all there."""
    import optuna

    from ablations.search.explorer import SUGGESTION
    from ablations.search.storage import TROUBLES

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        trials = optuna.load_study(storage=storage, study_name=study.name).get_trials(deepcopy=False)
    except (*TROUBLES, KeyError):
        return None
    known = {trial.user_attrs[SUGGESTION]: trial.params for trial in trials if SUGGESTION in trial.user_attrs}
    if not known or sorted(known) != list(range(len(known))):
        return None
    with TemporaryDirectory() as folder:
        again = _of(study, Path(folder), Explored())
        for number in sorted(known):
            again.take(known[number])
        return again.explored


def _of(study: "Study", root: Path, explored: Explored) -> Exploration:
    assert study.search is not None
    return Exploration(study.name, study.search, study.seeds, root, explored)


def _is_explored(folder: Path) -> bool:
    with suppress(UserError):
        return bool(journal.read(folder)) and read_trial_record(folder).stage == "explore"
    return False
