"""What a leaderboard needs besides the trials, kept with the run of an execution and read back from there."""

import tempfile
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException
from pydantic import ValidationError

from ablations.leaderboard.context import SCHEMA_VERSION, Context, read_context
from ablations.tracking.mlflow.store import fetched, first_line

NAME = "beside.json"
TAG = "ablations.beside"  # on the runs that keep it: its schema version


class NotKeptError(Exception):
    """Why a store does not have it, in words."""


def keep_context(client: Any, run_id: str, root: Path) -> None:
    """Keep the present content of the study's folder; what the run had before is replaced."""
    client.log_text(run_id, read_context(root).model_dump_json(indent=1) + "\n", NAME)
    client.set_tag(run_id, TAG, str(SCHEMA_VERSION))


def kept_context(client: Any, experiment_id: str) -> Context:
    """What the newest execution of this experiment keeps. Raises NotKeptError."""
    runs = client.search_runs(
        [experiment_id], f"tags.`{TAG}` = '{SCHEMA_VERSION}'", max_results=1, order_by=["attributes.start_time DESC"]
    )
    if not runs:
        raise NotKeptError("it was sent by another version")
    with tempfile.TemporaryDirectory() as folder:
        try:
            return Context.model_validate_json(fetched(client, runs[0].info.run_id, NAME, folder).read_bytes())
        except (MlflowException, OSError, ValidationError) as error:
            raise NotKeptError(f"{NAME} can't be had: {first_line(error)}") from error
