"""The tracker of an execution: MLflow at an address, or none, with the journals left for `sync`."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from ablations.workspace.execution_record import Execution, Outcome, begin_record, end_record
from ablations.workspace.trials import Trial
from ablations.workspace.workspace import Workspace

if TYPE_CHECKING:
    from ablations.tracking.mlflow.tracker import MlflowTracker


class Tracker(Protocol):
    """Copies journals to a store.

    It is notified that a trial's journal has grown, reads it itself, and never blocks.
    """

    def notify(self, trial: Trial, ended: bool = False) -> None:
        """The journal of this trial has grown; `ended`: for the last time."""
        ...

    def lost(self, trial: Trial) -> None:
        """The trial's process has died without a report."""
        ...


AnyTracker: TypeAlias = "MlflowTracker | Offline"


def tracker_of(uri: str | None, experiment: str, artifact_root: Path | None, root: Path) -> AnyTracker:
    """MLflow's, or an offline one where `uri` is None. Raises UserError where the store can't be opened."""
    if uri is None:
        return Offline()
    from ablations.tracking.mlflow.tracker import MlflowTracker

    return MlflowTracker(uri, experiment, artifact_root, root)


class Offline:
    """Sends nothing. It has the methods of a tracker."""

    notice = ""  # no experiment is anybody's

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._lost: dict[str, None] = {}

    def begin(self, execution: Execution) -> str:
        """Write the execution to disk, and return its id."""
        self._folder = begin_record(execution)
        return self._folder.name

    def admit(self, trial: Trial) -> None:
        """Nothing to do for one more trial: its journal is enough."""

    def start(self) -> None:
        """Nothing to start."""

    def notify(self, trial: Trial, ended: bool = False) -> None:
        """Nothing to do: the journal is enough."""

    def lost(self, trial: Trial) -> None:
        """Nothing to do: `sync` will find the journal without an end."""
        self._lost[trial.name] = None

    def attach(self, path: Path) -> None:
        """Nothing to do: `sync` sends the files of the study from where they are."""

    def stands(self, workspace: Workspace) -> None:
        """Nothing to do after a look: `sync` says how the study stands then."""

    def describe(self, workspace: Workspace) -> None:
        """Nothing to do: `sync` does it."""

    def close(self, timeout_s: float, outcome: Outcome = "finished") -> str:
        """Write down how the execution ended. Returns no warning: that nothing is sent is what the user wanted."""
        if self._folder is not None:
            end_record(self._folder, outcome, self._lost)
        return ""
