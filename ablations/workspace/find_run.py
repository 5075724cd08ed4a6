"""A run by what a person calls it."""

from pathlib import Path

from gan_core import journal
from gan_core.problems import Problem, UserError, nearest_name


def find_run(text: str, runs: Path) -> Path:
    """The folder of a run: by its path, or by the beginning of its name under `runs` (STUDY/ARM-seedN or ARM-seedN).

    Raises UserError where no run, or more than one, is called that.
    """
    if (Path(text) / journal.NAME).is_file():
        return Path(text)
    study, _, name = text.rpartition("/")
    found = {f"{path.parents[2].name}/{path.parent.name}": path.parent for path in _journals(runs)}
    matches = {
        full: folder
        for full, folder in found.items()
        if study in ("", full.partition("/")[0]) and name in _names(folder.name)
    }
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


def _journals(runs: Path) -> list[Path]:
    return sorted(runs.glob(f"*/trials/*/{journal.NAME}"))


def _names(folder: str) -> tuple[str, str]:
    """The folder's own name, and the trial's: without the fingerprint at its end."""
    return folder, folder.rpartition("-")[0]
