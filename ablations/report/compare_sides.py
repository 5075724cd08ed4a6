"""The two sides of a comparison: an arm with all its runs, or one run, found by the name that a person uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablations.results.results import Result, read_results
from ablations.workspace.find_run import study_folders
from ablations.workspace.trial_record import RECORD, read_trial_record, recorded_folders
from ablations.workspace.workspace import Workspace, find_workspace
from gan_core import journal
from gan_core.problems import Problem, UserError, nearest_name


@dataclass(frozen=True)
class ComparedSide:
    """One side. `config`: the resolved configuration of its first run; an arm's runs differ in the seed alone."""

    label: str
    results: tuple[Result, ...]
    config: Mapping[str, Any]


def sides_of(a: str, b: str, study: str | None, runs: Path) -> tuple[ComparedSide, ComparedSide]:
    """Both sides by name. Their labels are different: 'STUDY/ARM' where the arms have one name.

    Raises UserError where a name means no run and no arm, or more than one, and where both sides are the same.
    """
    roots = [find_workspace(study, runs).root] if study is not None else None
    found = [_folders(text, place, roots, runs) for text, place in ((a, "A"), (b, "B"))]
    if set(found[0]) == set(found[1]):
        raise UserError(Problem(f"{a!r} and {b!r} are the same runs", ("A and B",), allowed="two different ones"))
    results = [read_results(folders) for folders in found]
    names = [_name(own, short=True) for own in results]
    if names[0] == names[1]:
        names = [_name(own, short=False) for own in results]
    if names[0] == names[1]:
        names = [own[0].directory for own in results]
    first, second = (
        ComparedSide(label, own, read_trial_record(Path(own[0].directory)).config)
        for label, own in zip(names, results, strict=True)
    )
    return first, second


def _folders(text: str, place: str, roots: Sequence[Path] | None, runs: Path) -> list[Path]:
    path = Path(text)
    if (path / journal.NAME).is_file():
        if not (path / RECORD).is_file():
            raise UserError(Problem(f"the folder has no {RECORD}", (place,), source=text))
        return [path]
    places = roots if roots is not None else [root for root in study_folders(runs) if _is_study(Workspace(root))]
    trials = [folder for root in places for folder in recorded_folders(root / "trials")]
    matches = [folder for folder in trials if text in _names(folder)]
    if not matches:  # a study by its own name, in a folder that is called otherwise
        studies = {root: Workspace(root).name for root in places}
        matches = [folder for folder in trials if text in _names(folder, studies[folder.parents[1]])]
    if len({folder.parents[1] for folder in matches}) == 1:
        return matches
    known = list(dict.fromkeys(name for folder in trials for name in _names(folder)[-2:]))
    if not matches:
        allowed = "an arm, a run (ARM-seedN), with STUDY/ before it where need be, or a run's folder"
        nearest = nearest_name(text, known)
        raise UserError(Problem(f"no arm and no run is called {text!r}", (place,), allowed, nearest, str(runs)))
    several = ", ".join(sorted({f"{folder.parents[1].name}/{text}" for folder in matches}))
    raise UserError(Problem(f"{text!r} is in more than one study", (place,), allowed=several))


def _is_study(workspace: Workspace) -> bool:
    """Whether there is a study, be its record damaged or lost."""
    return workspace.study_json.exists() or workspace.has_results()


def _names(folder: Path, study: str | None = None) -> tuple[str, ...]:
    """The names for a trial's folder, ARM-seedN-HASH in STUDY/trials; the short names of arm and run come last."""
    study, run = study or folder.parents[1].absolute().name, folder.name.rpartition("-")[0]
    arm = run.rpartition("-seed")[0]
    return (folder.name, f"{study}/{folder.name}", f"{study}/{arm}", f"{study}/{run}", arm, run)


def _name(results: Sequence[Result], short: bool) -> str:
    first = results[0]
    name = first.arm if len(results) > 1 else first.name
    return name if short else f"{first.study}/{name}"
