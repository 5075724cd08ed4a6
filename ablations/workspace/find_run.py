"""Finding a run by the name that a person uses."""

from pathlib import Path

from ablations.workspace.trial_record import recorded_folders
from ablations.workspace.workspace import Workspace
from gan_core import journal
from gan_core.problems import Problem, UserError, nearest_name


def find_run(text: str, runs: Path) -> Path:
    """The folder of a run: by its path, or by the beginning of its name under `runs` (STUDY/ARM-seedN or ARM-seedN).

    Raises UserError where no run, or more than one, has this name.
    """
    if (Path(text) / journal.NAME).is_file():
        return Path(text)
    study, _, name = text.rpartition("/")
    roots = study_folders(runs)
    if study and (runs / study).is_dir():
        recorded_folders(runs / study / "trials")  # where the named study is closed, that is the reason
    found = {f"{root.name}/{path.name}": (root, path) for root in roots for path in _runs(root)}
    called = {full: (root, path) for full, (root, path) in found.items() if name in _names(path.name)}
    matches = {full: path for full, (root, path) in called.items() if study in ("", root.name)}
    matches = matches or {full: path for full, (root, path) in called.items() if study == Workspace(root).name}
    if len(matches) == 1:
        return next(iter(matches.values()))
    if matches:
        message = f"{len(matches)} runs are called {text!r}"
        raise UserError(Problem(message, ("RUN",), allowed=", ".join(matches), source=str(runs)))
    short = [full.rpartition("-")[0] for full in found] + [full.partition("/")[2].rpartition("-")[0] for full in found]
    message = f"no run is called {text!r}"
    allowed = "a run's folder, or STUDY/ARM-seedN" if found else "a run's folder; there is no study here yet"
    raise UserError(
        Problem(message, ("RUN",), allowed=allowed, nearest=nearest_name(text, dict.fromkeys(short)), source=str(runs))
    )


def find_trial(workspace: Workspace, arm: str, seed: int) -> Path:
    """The folder of a study's run. Raises UserError where there is none."""
    names = {_names(path.name)[1]: path for path in _runs(workspace.root)}
    wanted = f"{arm}-seed{seed}"
    if wanted not in names:
        message = f"study {workspace.name} has no run {wanted!r}"
        allowed = "a run of the study" if names else "there is no run here yet"
        nearest = nearest_name(wanted, names)
        raise UserError(Problem(message, ("ARM", "--seed"), allowed, nearest, str(workspace.root)))
    return names[wanted]


def study_folders(runs: Path) -> list[Path]:
    """The folders under `runs` that hold trials, by name; one that a link leads to as well counts once."""
    folders = sorted((path.parent for path in runs.glob("*/trials")), key=lambda root: (root.is_symlink(), root))
    return sorted({root.resolve(): root for root in reversed(folders)}.values())


def _runs(root: Path) -> list[Path]:
    return sorted(path.parent for path in root.glob(f"trials/*/{journal.NAME}"))


def _names(folder: str) -> tuple[str, str]:
    """The folder's own name, and the trial's: without the fingerprint at its end."""
    return folder, folder.rpartition("-")[0]
