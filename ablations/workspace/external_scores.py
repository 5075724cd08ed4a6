"""Scores of what a study did not train, kept in its folder: somebody else's pictures, or a run from elsewhere.

One file for each name, `foreign/NAME.json` in the study's folder; the leaderboard shows it among the scores of its
stamp, marked as not trained here.
"""

import re
from pathlib import Path

from pydantic import Field

from ablations.workspace.record_file import read_record
from ablations.workspace.workspace import Workspace
from gan_core.events import Score, score_by
from gan_core.machine import files
from gan_core.problems import Problem, UserError
from gan_core.scoring.records import SCHEMA_VERSION, Evaluation, Kept

FOLDER = "foreign"
NAME = re.compile(r"[A-Za-z0-9][\w. +-]{0,63}")
WHERE = ("as",)


class ExternalScore(Kept):
    """Something that was scored, and not trained, here: one seed, no interval."""

    schema_version: int = SCHEMA_VERSION
    name: str = Field(description="what the leaderboard calls it")
    evaluation: Evaluation

    @property
    def scores(self) -> tuple[Score, ...]:
        """The scores under the first evaluation seed."""
        return self.evaluation.scores

    def score(self, metric: str) -> Score | None:
        """The score by this metric; None where it was not measured."""
        return score_by(metric, self.scores)


def check_name(name: str, subject: Path, workspace: Workspace) -> None:
    """Raise UserError for a name that is not allowed, is an arm's, or belongs to something else already."""
    if not NAME.fullmatch(name):
        allowed = "letters, digits, blanks and ._+- behind a letter or digit, 64 at most"
        raise UserError(Problem(f"{name!r} can't be a name", WHERE, allowed=allowed))
    if name in {arm.name for arm in workspace.record().arms}:
        raise UserError(Problem(f"an arm of {workspace.name} is called {name!r}", WHERE, allowed="another name"))
    path = _path(workspace.root, name)
    kept = _read(path)
    if kept is not None and kept.evaluation.subject != str(subject.absolute()):
        message = f"{name!r} is {kept.evaluation.subject} already"
        raise UserError(Problem(message, WHERE, allowed=f"another name, or remove {path}"))


def keep_external(workspace: Workspace, name: str, evaluation: Evaluation) -> Path:
    """Write the entry, atomically; scores of the same subject under this name are replaced. Returns the file's path."""
    path = _path(workspace.root, name)
    path.parent.mkdir(exist_ok=True)
    files.write_text(path, ExternalScore(name=name, evaluation=evaluation).model_dump_json(indent=1) + "\n")
    return path


def read_external(root: Path) -> tuple[ExternalScore, ...]:
    """The entries in a study's folder, by name. Raises UserError for a file that is no such entry."""
    entries = (_read(path) for path in (root / FOLDER).glob("*.json"))
    return tuple(sorted((entry for entry in entries if entry is not None), key=lambda entry: entry.name))


def _path(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.json"


def _read(path: Path) -> ExternalScore | None:
    return read_record(path, ExternalScore, "move it away or remove it, and score its subject again")
