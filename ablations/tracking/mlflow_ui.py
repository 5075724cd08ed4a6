"""MLflow's own UI on a study's store: how to start it, and views in which it opens well.

By itself MLflow opens an experiment with the children folded away under their parents, where there is nothing to draw.
A view kept in a tag of the experiment opens with the trials, flat or grouped by arm.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gan_core.problems import UserError

if TYPE_CHECKING:
    from ablations.tracking.mlflow_store import Store

VIEWS = {"arms": True, "trials": False}  # name -> grouped by arm
VIEW_TAG = "mlflow.sharedViewState."
COLUMNS = ("metrics.`fid_best`", "metrics.`fid_last`", "metrics.`is_best`", "params.`arm`", "params.`seed`")


def ui_command(uri: str, artifact_root: Path, port: int) -> list[str]:
    """The command line of MLflow's UI on this store, for 127.0.0.1 only. Raises UserError if `uri` is a server."""
    if urlsplit(uri).scheme in ("http", "https"):
        raise UserError(f"the MLflow server at {uri} has its UI itself: open that address")
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--backend-store-uri", uri),
        *("--default-artifact-root", artifact_root.absolute().as_uri()),
        *("--host", "127.0.0.1"),
        *("--port", str(port)),
        *("--workers", "1"),
    ]


def view_address(base: str, experiment_id: str, view: str = "arms", charts: bool = True) -> str:
    """The address of a view of `VIEWS`, as charts or as a table; `base` such as 'http://127.0.0.1:5000'."""
    mode = "&compareRunsMode=CHART" if charts else ""
    query = f"workflowType=machine_learning{mode}&viewStateShareKey={view}"
    return f"{base}/#/experiments/{experiment_id}/runs?{query}"


def write_views(store: "Store") -> None:
    """Keep the views with the experiment; MLflow lists them under 'Views'."""
    for name, grouped in VIEWS.items():
        state = json.dumps(_view(grouped))
        store.client.set_experiment_tag(store.experiment_id, VIEW_TAG + name, state)


def _view(grouped: bool) -> dict[str, Any]:
    by_arm = {"aggregateFunction": "average", "groupByKeys": [{"mode": "param", "groupByData": "arm"}]}
    return {
        "searchFilter": "params.arm LIKE '%'",  # trials, not the executions that are their parents
        "orderByKey": "metrics.`fid_best`",
        "orderByAsc": True,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": list(COLUMNS),
        "runsExpanded": {},
        "runsPinned": [],
        "runsHidden": [],
        "runsHiddenMode": "SHOWALL",
        "groupBy": by_arm if grouped else None,
        "groupsExpanded": {},
        "useGroupedValuesInCharts": True,
        "hideEmptyCharts": True,
    }
