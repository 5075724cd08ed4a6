"""The views of a study that MLflow's UI opens by an address, and lists under 'Views'.

By itself the UI folds the trials away under the executions, shows no pictures of groups, and pictures of the first ten
runs only. So there are several views, each with the charts that it is for:

- `study`: every run in its arm's colour, seed by seed: FID curves, the pictures of the first seed's runs, arms and
  scores in parallel coordinates.
- `arms`: grouped by arm, with means and the band from the lowest to the highest seed.
- `trials`: every run, the best FID first; of a study across several settings block by block.
- `images`: large pictures of one seed's runs, so of the same z, the best arm first.
"""

import json
from collections.abc import Mapping
from typing import Any

from ablations.tracking.views.charts import Card, curve_cards, parallel_cards, picture_card, sections
from ablations.tracking.views.subject import Contents

STUDY, ARMS, TRIALS, IMAGES = "study", "arms", "trials", "images"
SCORES = ("metrics.`fid_best`", "metrics.`fid_last`", "metrics.`is_best`")
COLUMNS = (*SCORES, "params.`arm`", "params.`seed`", "tags.`run_verdict`")  # few: each costs time with many runs
BLOCK = "params.`block`"  # of a study across several settings
IS_TRIAL = "params.arm LIKE '%'"  # executions, their parents, have no arm
BY_ARM = {"aggregateFunction": "average", "groupByKeys": [{"mode": "param", "groupByData": "arm"}]}
MOST_DRAWN = 60  # runs, or arms, whose curves a chart shows at once; of more only the first 20, until one asks
MOST_PICTURED = 10  # MLflow's own limit
LIMIT = 4900  # characters of a view: MLflow's older servers take 5,000


def views_of(contents: Contents) -> Mapping[str, str]:
    """Each view's state by its name, as the UI reads it."""
    curves, pictures, parallel = curve_cards(contents), [picture_card(contents)], parallel_cards(contents)
    best = "metrics.`fid_best`" if contents.is_ranked else "attributes.start_time"
    states = {
        STUDY: _state(
            [*curves, *pictures, *parallel],
            sections(curves=2, pictures=1, parallel=len(parallel)),
            orderByKey="params.`seed`",
            runsHiddenMode=_drawn(contents.trials),
        ),
        ARMS: _state(
            curves,
            sections(curves=2),
            orderByKey=best,
            groupBy=BY_ARM,
            selectedColumns=list(SCORES),
            groupsExpanded={f"param.arm.{arm}": False for arm in contents.arms},
            runsHiddenMode=_drawn(len(contents.arms)),
        ),
        TRIALS: _state(
            [*curves, *parallel],
            sections(curves=2, parallel=len(parallel)),
            orderByKey=BLOCK if contents.blocks else best,  # FIDs of two blocks are not to be compared
            selectedColumns=[BLOCK, *COLUMNS] if contents.blocks else list(COLUMNS),
            runsHiddenMode=_drawn(contents.trials),
        ),
        IMAGES: _state(
            [*pictures, *curves],
            sections(pictures=1, curves=2),
            searchFilter=_pictured(contents),
            orderByKey=best,
            orderByAsc=False,  # the image grid turns the order round
            runListHidden=True,
            runsHiddenMode="SHOW_ALL",
        ),
    }
    return {name: _written(state) for name, state in states.items()}


def _state(charts: list[Card], in_sections: list[dict[str, Any]], **own: Any) -> dict[str, Any]:
    common = {
        "searchFilter": IS_TRIAL,
        "orderByAsc": True,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": list(COLUMNS),
        "compareRunCharts": charts,
        "compareRunSections": in_sections,
        "isAccordionReordered": True,  # else MLflow sorts the sections by name
        "useGroupedValuesInCharts": True,
        "hideEmptyCharts": True,
        "groupBy": None,
        "groupsExpanded": {},
    }
    return common | own


def _drawn(rows: int) -> str:
    return "SHOW_ALL" if rows <= MOST_DRAWN else "FIRST_20_RUNS"


def _pictured(contents: Contents) -> str:
    """The runs that the view of pictures shows."""
    if contents.pictured and len(contents.arms) > MOST_PICTURED:
        runs = ", ".join(f"'{run}'" for run in contents.pictured[:MOST_PICTURED])
        return f"attributes.run_id IN ({runs})"
    return f"params.seed = '{contents.seed}'"


def _written(state: dict[str, Any]) -> str:
    """The state as JSON; with very many arms the groups stay open, since folding each needs its name."""
    text = json.dumps(state, separators=(",", ":"))
    return text if len(text) <= LIMIT else json.dumps({**state, "groupsExpanded": {}}, separators=(",", ":"))
