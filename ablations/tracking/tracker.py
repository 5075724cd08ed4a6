"""The tracker of an execution: MLflow at an address, or none, with the journals left for `sync`."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from ablations.tracking.state import sync_command
from ablations.workspace.execution_record import Execution, Outcome, begin_record, end_record
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace

if TYPE_CHECKING:
    pass
if TYPE_CHECKING:
    from ablations.tracking.mlflow.tracker import MlflowTracker


class Tracker(Protocol):
    """Who is told that a trial's journal has grown. It reads the journal itself, and never blocks."""

    def notify(self, trial: Trial, ended: bool = False) -> None:
        """`ended`: for the last time."""
        ...

    def lost(self, trial: Trial) -> None:
        """Its process has died without a word."""
        ...


AnyTracker: TypeAlias = "MlflowTracker | Offline"


def tracker_of(uri: str | None, experiment: str, artifact_root: Path | None) -> AnyTracker:
    """MLflow's, or an offline one where `uri` is None. Raises UserError where the store can't be opened."""
    if uri is None:
        return Offline()
    from ablations.tracking.mlflow.tracker import MlflowTracker

    return MlflowTracker(uri, experiment, artifact_root)


class Offline:
    """Talks to nobody. The same methods as those of a tracker."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._root = Path()
        self._lost: dict[str, None] = {}

    def begin(self, execution: Execution) -> str:
        """Write the execution down; give its id."""
        self._root, self._folder = execution.directory, begin_record(execution)
        return self._folder.name

    def admit(self, trial: Trial) -> None:
        """One trial more than the execution began with; its journal is enough."""

    def start(self) -> None:
        """Nothing starts."""

    def notify(self, trial: Trial, ended: bool = False) -> None:
        """The journal is enough."""

    def lost(self, trial: Trial) -> None:
        """Its process has died without a word."""
        self._lost[trial.name] = None

    def attach(self, path: Path) -> None:
        """The file lies where it is; `sync` sends those that belong to the study."""

    def describe(self, workspace: Workspace) -> None:
        """There is nobody to see it; `sync` does it."""

    def close(self, timeout_s: float, outcome: Outcome = "finished") -> str:
        """Write down how it ended. What is to be done later, in words."""
        if self._folder is not None:
            end_record(self._folder, outcome, self._lost)
        return f"nothing was sent to MLflow; to send it: {sync_command(self._root)}"
