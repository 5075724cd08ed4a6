"""A study's directory: whose it is, and where everything in it is."""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from ablations.addresses import sqlite_address
from ablations.study.record import StudyRecord
from ablations.workspace.looks_taken import NAME as LOOKS
from ablations.workspace.record_file import DamagedError, read_record
from gan_core import journal
from gan_core.machine.permission import refusal
from gan_core.problems import Problem, UserError, nearest_name

COMPUTED = (journal.NAME, "checkpoint", "best", "last")  # how the names begin of what training writes
WAY_ON = "`run` with the study's file makes it anew and keeps all results"


@dataclass(frozen=True)
class Workspace:
    """The places in a study's directory. Reading needs no lock."""

    root: Path
    notice: str = field(default="", compare=False)  # what the user is to know, a line each: whose it is, damage

    @property
    def name(self) -> str:
        """The study's name: what its record says, whatever the folder is called; without a record the folder's."""
        try:
            return self.record().name
        except UserError:
            return self.root.absolute().name

    @property
    def names(self) -> tuple[str, ...]:
        """What people may call the study: the folder's name, and the study's own."""
        return tuple(dict.fromkeys((self.root.absolute().name, self.name)))

    @property
    def study_json(self) -> Path:
        """The study as it was resolved."""
        return self.root / "study.json"

    @property
    def study_yaml(self) -> Path:
        """The study file as it was read."""
        return self.root / "study.yaml"

    @property
    def trials(self) -> Path:
        """The folder with one folder for each trial."""
        return self.root / "trials"

    @property
    def optuna_db(self) -> Path:
        """The ledger, unless another storage was given."""
        return self.root / "optuna.db"

    @property
    def optuna_uri(self) -> str:
        """The ledger's address."""
        return sqlite_address(self.optuna_db)

    @property
    def mlflow_db(self) -> Path:
        """The tracking store, unless another one was given."""
        return self.root / "mlflow.db"

    @property
    def mlflow_uri(self) -> str:
        """The tracking store's address."""
        return sqlite_address(self.mlflow_db)

    @property
    def mlartifacts(self) -> Path:
        """The tracking store's files."""
        return self.root / "mlartifacts"

    @property
    def looks_json(self) -> Path:
        """The looks that were taken."""
        return self.root / LOOKS

    @property
    def leaderboard_csv(self) -> Path:
        """The ranked arms."""
        return self.root / "leaderboard.csv"

    @property
    def report_html(self) -> Path:
        """The page about the study."""
        return self.root / "report.html"

    @property
    def figures(self) -> Path:
        """The page's figures, as files."""
        return self.root / "figures"

    @property
    def lock_file(self) -> Path:
        """Locked by the process that works here."""
        return self.root / ".lock"

    def has_results(self) -> bool:
        """Whether any trial has begun to train: a journal says so, or what is left of one without."""
        return any(name.startswith(COMPUTED) for folder in self.trials.glob("*/") for name in os.listdir(folder))

    def check_writable(self) -> None:
        """Raise UserError, with the owner, where this user may only read the study."""
        if self.root.exists() and not os.access(self.root, os.W_OK):
            raise refusal(PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self.root)))

    def record(self) -> StudyRecord:
        """The study in this directory.

        Raises UserError if it can't be read: DamagedError where `run` may make it anew (`restoring.py`).
        """
        record = read_record(self.study_json, StudyRecord, WAY_ON)
        if record is None:
            raise DamagedError(Problem("there is no such file", source=str(self.study_json), allowed=WAY_ON))
        return record


def find_workspace(study: str, runs: Path, *, by_folder: bool = False) -> Workspace:
    """The directory of a study by its file, its name, or that directory itself. Raises UserError if there is none.

    A name is the name of a folder under `runs`, else of the one study there whose record has it; with
    `by_folder` the former alone.
    """
    path = Path(study)
    for workspace in (
        Workspace(path),
        Workspace(runs / (path.stem if path.suffix in (".yaml", ".yml") else path.name)),
    ):
        if workspace.study_json.exists() or workspace.has_results():  # without its record it is still the study's
            return workspace
    name = workspace.root.name
    there = [Workspace(file.parent) for file in sorted(runs.glob("*/study.json"))]
    named = {one.root.resolve(): one for one in there if one.name == name}
    if len(named) == 1 and not by_folder:
        return next(iter(named.values()))
    if len(named) > 1 and not by_folder:
        allowed = ", ".join(str(one.root) for one in named.values())
        raise UserError(Problem(f"{len(named)} folders hold a study {name!r}", allowed=allowed, source=str(runs)))
    known = list(dict.fromkeys(word for one in there for word in one.names))
    message = f"study {name!r} has not been run under {runs} (--runs names another folder)"
    raise UserError(Problem(message, allowed=", ".join(known) or "none yet", nearest=nearest_name(name, known)))
