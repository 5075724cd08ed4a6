"""The tracker of an execution: MLflow at an address, or none, with the journals left for `sync`."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ablations.tracking.offline import Offline

if TYPE_CHECKING:
    from ablations.tracking.mlflow import MlflowTracker

AnyTracker: TypeAlias = "MlflowTracker | Offline"


def tracker_of(uri: str | None, experiment: str, artifact_root: Path | None) -> AnyTracker:
    """MLflow's, or an offline one where `uri` is None. Raises UserError where the store can't be opened."""
    if uri is None:
        return Offline()
    from ablations.tracking.mlflow import MlflowTracker  # seconds to import

    return MlflowTracker(uri, experiment, artifact_root)
