"""A new SQLite store appears whole: its tables are made in a file beside it, which then takes its name.

MLflow makes them in some forty steps. A program that is killed between two of them leaves a database that MLflow
refuses from then on.
"""

import os
from pathlib import Path

from mlflow import MlflowClient

from ablations.addresses import sqlite_address
from ablations.workspace.database_file import JOURNALS


def make_whole(file: Path) -> None:
    """Make MLflow's tables, with its first experiment, where there is no file yet. Nobody else may be at it."""
    if file.exists() and file.stat().st_size > 0:
        return
    draft = file.with_name(f".{file.name}.new")
    for ending in ("", *JOURNALS):  # of one that was killed
        draft.with_name(draft.name + ending).unlink(missing_ok=True)
    address = sqlite_address(draft)
    MlflowClient(tracking_uri=address, registry_uri=address).search_experiments(max_results=1)
    os.replace(draft, file)
