"""A study's directory: who it belongs to, what lies where, and that one process at a time works in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.study.record import StudyRecord
from ablations.workspace.record_file import read_record
from gan_core import journal
from gan_core.problems import Problem, UserError, nearest_name

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Workspace:
    """The places in a study's directory. Reading needs no lock."""

    root: Path

    @property
    def name(self) -> str:
        """The study's name."""
        return self.root.name

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
        """One folder a trial."""
        return self.root / "trials"

    @property
    def optuna_db(self) -> Path:
        """The chooser's ledger, unless another storage was asked for."""
        return self.root / "optuna.db"

    @property
    def optuna_uri(self) -> str:
        """The ledger's address."""
        return f"sqlite:///{self.optuna_db.absolute()}"

    @property
    def mlflow_db(self) -> Path:
        """The tracking store, unless another one was asked for."""
        return self.root / "mlflow.db"

    @property
    def mlflow_uri(self) -> str:
        """The tracking store's address."""
        return f"sqlite:///{self.mlflow_db.absolute()}"

    @property
    def mlartifacts(self) -> Path:
        """The tracking store's files."""
        return self.root / "mlartifacts"

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
        """Whether any trial has begun to write its journal."""
        return any(self.trials.glob(f"*/{journal.NAME}"))

    def record(self) -> StudyRecord:
        """The study whose directory this is. Raises UserError if that can't be read."""
        way_on = "remove the folder, or name another study with --as NEWNAME"
        record = read_record(self.study_json, StudyRecord, way_on)
        if record is None:
            raise UserError(Problem("there is no such file", source=str(self.study_json), allowed=way_on))
        return record


def find_workspace(study: str, runs: Path) -> Workspace:
    """The directory of a study by its file, its name, or that directory itself. Raises UserError if there is none."""
    path = Path(study)
    if (path / "study.json").is_file():
        return Workspace(path)
    workspace = Workspace(runs / (path.stem if path.suffix in (".yaml", ".yml") else path.name))
    if workspace.study_json.is_file():
        return workspace
    known = sorted(file.parent.name for file in runs.glob("*/study.json"))
    message = f"study {workspace.name!r} has not been run under {runs}"
    raise UserError(
        Problem(message, allowed=", ".join(known) or "none yet", nearest=nearest_name(workspace.name, known))
    )
