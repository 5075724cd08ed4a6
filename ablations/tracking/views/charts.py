"""The charts with which a view opens, as MLflow 3.17's UI keeps them (`compareRunCharts`, `compareRunSections`).

What is not named here, MLflow adds below, in sections by the metrics' names; those are folded, for each open chart asks
the server for the history of every run.
"""

from collections.abc import Sequence
from typing import Any

from ablations.tracking.views.subject import Contents

PICTURES = "samples"  # the key of the grids
NAMED = {"curves": ("Curves", 380), "pictures": ("Samples", 560), "parallel": ("Arms", 360)}  # and the height, px
FOLDED = ("score", "Model metrics", "trick", "weights", "System metrics")
Card = dict[str, Any]


def curve_cards(contents: Contents) -> list[Card]:
    """FID on the way, or without it the losses; and the FID of the best generators."""
    if contents.score is None:
        cards = [_line("loss-d", "loss_d"), _line("loss-g", "loss_g")]
    else:
        cards = [_line("fid-curves", contents.score) | {"scaleType": "log"}]
    return [*cards, *([_card("fid-best", "curves", "BAR", metricKey="fid_best")] if contents.is_ranked else [])]


def picture_card(contents: Contents) -> Card:
    """The grids of the first ten runs, at the last step; the slider goes back."""
    return _card("samples", "pictures", "IMAGE", imageKeys=[PICTURES], step=contents.last_step, showRunParams=False)


def parallel_cards(contents: Contents) -> list[Card]:
    """Arms and scores in parallel coordinates, and factors with the FID; the last axis gives the colour."""
    if not contents.is_ranked:
        return []
    cards = [_parallel("parallel-arms", ["arm"], ["is_best", "fid_last", "fid_best"])]
    if len(contents.factors) > 1:
        cards.append(_parallel("parallel-factors", contents.factors[:12], ["fid_best"]))
    return cards


def sections(**columns: int) -> list[dict[str, Any]]:
    """The named sections in this order, with this many columns each, none for 0; then the folded ones."""
    return [
        *(
            _section(uuid, NAMED[uuid][0], True) | {"columns": n, "cardHeight": NAMED[uuid][1]}
            for uuid, n in columns.items()
            if n
        ),
        *(_section(name.lower(), name, False) for name in FOLDED),
    ]


def _line(uuid: str, metric: str) -> Card:
    return _card(
        uuid,
        "curves",
        "LINE",
        metricKey=metric,
        selectedMetricKeys=[metric],
        scaleType="linear",
        xAxisScaleType="linear",
        xAxisKey="step",
        selectedXAxisMetricKey="",
        yAxisKey="metric",
        yAxisExpressions=[],
        range={},
        lineSmoothness=0,
        ignoreOutliers=False,
        useGlobalXaxisKey=True,
        useGlobalLineSmoothing=True,
    )


def _parallel(uuid: str, params: Sequence[str], metrics: Sequence[str]) -> Card:
    chosen = {"selectedParams": list(params), "selectedMetrics": list(metrics)}
    return _card(uuid, "parallel", "PARALLEL", **chosen, showAllRuns=True)


def _card(uuid: str, section: str, kind: str, **more: Any) -> Card:
    place = {"uuid": uuid, "type": kind, "metricSectionId": section}
    return {**place, "deleted": False, "isGenerated": False, "runsCountToCompare": 10, **more}


def _section(uuid: str, name: str, shown: bool) -> dict[str, Any]:
    return {"uuid": uuid, "name": name, "display": shown, "isReordered": True, "deleted": False, "isGenerated": False}
